// KubeEdge's reliablesyncs.kubeedge.io: what each node has acknowledged. The notation: schema-text.ts.

import type { CustomKind } from '../custom-kind.ts';

const objectSync: CustomKind = {
  group: 'reliablesyncs.kubeedge.io',
  kind: 'ObjectSync',
  plural: 'objectsyncs',
  scope: 'Namespaced',
  description: 'Which version of a namespaced object a node has acknowledged.',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      statusSubresource: true,
      schema: `
spec: object # The object that was sent to a node.
  objectAPIVersion: string # Group and version of the object.
  objectKind: string # Kind of the object, or its plural.
  objectName: string # Name of the object.
status: object # What the node has.
  objectResourceVersion: string # The version of the object that the node acknowledged last.
`,
    },
  ],
};

const clusterObjectSync: CustomKind = {
  group: 'reliablesyncs.kubeedge.io',
  kind: 'ClusterObjectSync',
  plural: 'clusterobjectsyncs',
  scope: 'Cluster',
  description: 'Which version of a cluster-wide object a node has acknowledged.',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      statusSubresource: true,
      schema: `
spec: object # The object that was sent to a node.
  objectAPIVersion: string # Group and version of the object.
  objectKind: string # Kind of the object, or its plural.
  objectName: string # Name of the object.
status: object # What the node has.
  objectResourceVersion: string # The version of the object that the node acknowledged last.
`,
    },
  ],
};

export const reliablesyncsKinds: readonly CustomKind[] = [objectSync, clusterObjectSync];
