// Persistent volume claims: a pod waits until all that its volumes name are there and bound. Pure over the cluster state.

import type { KubeObject } from '@selvedge/kubernetes';
import type { PodRecord } from '../controllers/machinery/pod-record.ts';
import type { ClusterState } from './cluster-state.ts';

/** Why no node can take the pod for the sake of its claims; undefined where they are met. */
export function unmetClaim(pod: PodRecord, state: ClusterState): string | undefined {
  for (const name of pod.shape.claims) {
    const claim = state.claim(pod.namespace, name);
    if (!claim) return `persistentvolumeclaim "${name}" not found`;
    if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
    if (phaseOf(claim) !== 'Bound') return 'pod has unbound immediate PersistentVolumeClaims';
  }
  return undefined;
}

function phaseOf(claim: KubeObject): unknown {
  return (claim.status as { phase?: string } | undefined)?.phase;
}
