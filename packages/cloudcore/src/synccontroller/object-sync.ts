// ObjectSync and ClusterObjectSync: KubeEdge's record of which version of an object an edge has acknowledged.
// Source: KubeEdge cloud/pkg/synccontroller/objectsync.go and cloudhub/session/node_session.go.

import { kubeEdgeResources } from '@selvedge/apis';
import type { KubeObject, ResourceType, Stored } from '@selvedge/kubernetes';

export const objectSyncs: ResourceType = kubeEdgeResources.objectsyncs;
export const clusterObjectSyncs: ResourceType = kubeEdgeResources.clusterobjectsyncs;

export interface ObjectSync extends KubeObject {
  spec?: { objectAPIVersion?: string; objectKind?: string; objectName?: string };
  status?: { objectResourceVersion?: string };
}

/** What is kept of an (Cluster)ObjectSync. */
export interface SyncRecord {
  readonly node: string;
  /** Of the object that was delivered. */
  readonly uid: string;
  /** Empty for a ClusterObjectSync. */
  readonly namespace: string;
  readonly objectKind: string;
  readonly objectName: string;
  /** Last version that the edge acknowledged; `0` for none. */
  readonly acknowledged: string;
  readonly resourceVersion: string;
}

/** The name joins node and uid; nodes have dots in their names, uids have none. */
export function syncName(node: string, uid: string): string {
  return `${node}.${uid}`;
}

export function syncRecord(sync: Stored<ObjectSync>): SyncRecord {
  const { name, namespace = '', resourceVersion } = sync.metadata;
  const dot = name.lastIndexOf('.');
  return {
    node: dot < 0 ? '' : name.slice(0, dot),
    uid: name.slice(dot + 1),
    namespace,
    objectKind: sync.spec?.objectKind ?? '',
    objectName: sync.spec?.objectName ?? '',
    acknowledged: sync.status?.objectResourceVersion ?? '0',
    resourceVersion,
  };
}
