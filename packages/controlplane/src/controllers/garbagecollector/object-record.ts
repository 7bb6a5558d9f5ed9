// What garbage collection reads of any object: who owns it, and whether and how it is being deleted.

import type { KubeObject, OwnerReference, ResourceType, Stored } from '@selvedge/kubernetes';
import { Interner } from '../machinery/interner.ts';
import type { PodRecord } from '../machinery/pod-record.ts';

export interface ObjectRecord {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly owners: readonly OwnerReference[];
  readonly finalizers: readonly string[];
  readonly deleting: boolean;
}

const none: readonly never[] = [];

export function objectRecorder(type: ResourceType): (object: Stored<KubeObject>) => ObjectRecord {
  const owners = new Interner<readonly OwnerReference[]>();
  return ({ metadata }) => {
    const references = metadata.ownerReferences;
    return {
      type,
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      owners: references?.length ? owners.intern(JSON.stringify(references), () => references) : none,
      finalizers: metadata.finalizers ?? none,
      deleting: metadata.deletionTimestamp !== undefined,
    };
  };
}

export function recordOfPod(type: ResourceType, pod: PodRecord): ObjectRecord {
  const { namespace, name, uid, resourceVersion, owners, finalizers, deletedMs } = pod;
  return { type, namespace, name, uid, resourceVersion, owners, finalizers, deleting: deletedMs > 0 };
}
