// KubeEdge's names of resource types, the third token of a message's resource, and what each is called in the API.

import {
  apiVersionOf,
  type KubeObject,
  type ResourceType,
  resources,
  type Stored,
} from '@selvedge/kubernetes';

const core = (resource: string, kind: string, namespaced: boolean): ResourceType => ({
  group: '',
  version: 'v1',
  resource,
  kind,
  namespaced,
});

/** What a message may carry or ask for, by its name on the wire. */
export const wireTypes: Readonly<Record<string, ResourceType>> = {
  pod: resources.pods,
  node: resources.nodes,
  configmap: resources.configmaps,
  secret: resources.secrets,
  service: resources.services,
  endpointslice: resources.endpointslices,
  persistentvolume: core('persistentvolumes', 'PersistentVolume', false),
  persistentvolumeclaim: core('persistentvolumeclaims', 'PersistentVolumeClaim', true),
  volumeattachment: {
    group: 'storage.k8s.io',
    version: 'v1',
    resource: 'volumeattachments',
    kind: 'VolumeAttachment',
    namespaced: false,
  },
};

export interface WireResource {
  readonly namespace: string;
  readonly type: string;
  readonly name: string;
}

/** `<namespace>/<type>/<name>` or `<namespace>/<type>`; undefined for anything else. */
export function parseWireResource(resource: string): WireResource | undefined {
  const [namespace, type, name = '', ...rest] = resource.split('/');
  if (!namespace || !type || rest.length > 0) return undefined;
  return { namespace, type, name };
}

/** The object with apiVersion and kind, which items of a list lack and every reader at the edge needs. */
export function withType<T extends KubeObject>(object: Stored<T>, type: ResourceType): Stored<T> {
  if (object.kind && object.apiVersion) return object;
  return { kind: type.kind, apiVersion: apiVersionOf(type), ...object };
}
