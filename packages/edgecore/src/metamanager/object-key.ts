// How an object is named in the store: by type, namespace and name, whatever spelling the cloud used for "no namespace".

import type { StoredType } from './node-store.ts';

export interface ObjectKey {
  readonly type: StoredType;
  /** '' for what has no namespace. */
  readonly namespace: string;
  readonly name: string;
}

const storedTypes: ReadonlySet<string> = new Set<StoredType>([
  'pod',
  'configmap',
  'secret',
  'node',
  'service',
  'endpointslice',
]);

/**
 * The key of a wire resource `<namespace>/<type>/<name>`, or undefined for types that a node does not keep.
 * A node has no namespace: KubeEdge up to 1.22 writes `default/node/<name>`, later versions `null/node/<name>`.
 */
export function parseObjectKey(resource: string): ObjectKey | undefined {
  const [namespace, type, name, ...rest] = resource.split('/');
  if (!namespace || !type || !name || rest.length > 0 || !isStoredType(type)) return undefined;
  const clusterScoped = type === 'node' || namespace === 'null';
  return { type, namespace: clusterScoped ? '' : namespace, name };
}

/** The resource by which the wire names the object. */
export function wireResource(key: ObjectKey): string {
  return `${key.namespace === '' ? 'null' : key.namespace}/${key.type}/${key.name}`;
}

function isStoredType(type: string): type is StoredType {
  return storedTypes.has(type);
}
