// Objects reduced to their metadata.

import type { KubeObject } from '@selvedge/kubernetes';

export function partialObject(object: KubeObject): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata ?? {} };
}
