// The grammar of `route.resource`: `<namespace>/<type>/<name>` on the wire, `node/<node>/…` before it inside KubeEdge's cloud.

import { nullNamespace } from './vocabulary.ts';

export interface ResourcePath {
  /** Undefined for cluster-scoped objects (`null` on the wire). */
  readonly namespace: string | undefined;
  readonly type: string;
  /** Undefined for a list query or a batch. */
  readonly name: string | undefined;
}

export function buildResource(path: ResourcePath): string {
  const head = `${path.namespace ?? nullNamespace}/${path.type}`;
  return path.name === undefined ? head : `${head}/${path.name}`;
}

/** Reads `<namespace>/<type>[/<name>]`; undefined when the text has another form (topics, applications, tasks). */
export function parseResource(resource: string): ResourcePath | undefined {
  const [namespace, type, ...rest] = resource.split('/');
  if (!namespace || !type || rest.length > 1 || rest[0] === '') return undefined;
  return { namespace: namespace === nullNamespace ? undefined : namespace, type, name: rest[0] };
}

const tasksWithoutTrim = /^(task|upgrade)\//;

/**
 * What of a cloud-internal resource goes on the wire. KubeEdge's rule, kept as it is: a text that starts with `node` loses
 * its first two parts, whatever the first one is in full.
 */
export function trimResource(resource: string): string {
  if (!resource.startsWith('node') || tasksWithoutTrim.test(resource)) return resource;
  return resource.split('/').slice(2).join('/');
}

/** The node that a cloud-internal resource is for: the part after the first part that is `node`. */
export function nodeOfResource(resource: string): string | undefined {
  const parts = resource.split('/');
  for (let index = 0; index + 1 < parts.length; index++) {
    if (parts[index] === 'node' && parts[index + 1]) return parts[index + 1];
  }
  return undefined;
}
