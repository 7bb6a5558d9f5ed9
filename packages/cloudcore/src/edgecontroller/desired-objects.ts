// The whole of what one node should have, by resource: its pods, what they refer to, the services beside them, and its own Node.

import type { Lister } from '@selvedge/client';
import type { NodeIndex, ObjectVersion } from './node-index.ts';
import { type ResourceKey, resourceKey } from './pod-references.ts';

/** What is known of the objects that pods refer to. Services and slices are indexed by `namespace`. */
export interface ObjectCatalog {
  readonly configmap: Lister<ObjectVersion>;
  readonly secret: Lister<ObjectVersion>;
  readonly service: Lister<ServiceRecord>;
  readonly endpointslice: Lister<ServiceRecord>;
}

export interface ServiceRecord extends ObjectVersion {
  readonly namespace: string;
  readonly name: string;
}

/** Types that the cloud delivers to our edges: what else an edge has is its own. */
export const deliveredTypes: ReadonlySet<string> = new Set([
  'pod',
  'configmap',
  'secret',
  'node',
  'service',
  'endpointslice',
]);

/** The newest known version of one object that may be delivered, or undefined when there is none. */
export function knownVersion(
  catalog: ObjectCatalog,
  index: NodeIndex,
  node: string,
  key: ResourceKey,
): ObjectVersion | undefined {
  const [namespace = '', type = '', name = ''] = key.split('/');
  switch (type) {
    case 'pod':
      return index.pod(node, namespace, name);
    case 'node':
      return name === node ? index.get(node)?.node : undefined;
    case 'configmap':
    case 'secret':
      return catalog[type].get(`${namespace}/${name}`);
    case 'service':
    case 'endpointslice':
      return catalog[type].get(`${namespace}/${name}`);
    default:
      return undefined;
  }
}

/** Whether the node should have the object, if there is one by this name. */
export function isWanted(index: NodeIndex, node: string, key: ResourceKey): boolean {
  const [namespace = '', type = '', name = ''] = key.split('/');
  if (type === 'pod') return index.pod(node, namespace, name) !== undefined;
  if (type === 'node') return name === node;
  if (type === 'service' || type === 'endpointslice') {
    return index.refers(node, `${namespace}/service`) || index.refers(node, key);
  }
  return index.refers(node, key);
}

/** The objects behind one reference: itself, or for `<namespace>/service` all services and slices of the namespace. */
export function* expandReference(
  catalog: ObjectCatalog,
  reference: ResourceKey,
): Generator<[ResourceKey, ObjectVersion]> {
  const [namespace = '', type = '', name] = reference.split('/');
  if (name === undefined) {
    for (const kind of ['service', 'endpointslice'] as const) {
      for (const record of catalog[kind].byIndex('namespace', namespace)) {
        yield [resourceKey(namespace, kind, record.name), record];
      }
    }
  } else if (type === 'configmap' || type === 'secret' || type === 'service') {
    const version = catalog[type].get(`${namespace}/${name}`);
    if (version) yield [reference, version];
  }
}

/** Everything the node should have: the Node first, then what pods need, then the pods. */
export function desiredObjects(
  catalog: ObjectCatalog,
  index: NodeIndex,
  node: string,
): Map<ResourceKey, ObjectVersion> {
  const desired = new Map<ResourceKey, ObjectVersion>();
  const record = index.get(node);
  if (!record) return desired;
  if (record.node) desired.set(resourceKey(undefined, 'node', node), record.node);
  for (const reference of record.references.keys()) {
    for (const [key, version] of expandReference(catalog, reference)) desired.set(key, version);
  }
  for (const [key, pod] of record.pods) {
    const [namespace = '', name = ''] = key.split('/');
    desired.set(resourceKey(namespace, 'pod', name), pod);
  }
  return desired;
}
