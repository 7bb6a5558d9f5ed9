// Which pods a node's NoExecute taints drive away, and when. Pure.

import type { Node, Stored, Taint } from '@selvedge/kubernetes';
import { isFinished, type PodRecord, timeOf } from '../machinery/pod-record.ts';
import { toleratesTaint } from '../machinery/taints.ts';
import { notReadyTaint, unreachableTaint } from './node-taints.ts';

export const edgeLabel = 'node-role.kubernetes.io/edge';

export interface EvictionDecision {
  readonly evict: readonly PodRecord[];
  /** When the next pod's patience ends, in milliseconds from now. */
  readonly againMs: number | undefined;
}

/**
 * An edge that cannot be reached goes on working without the cloud: its pods stay on it and are not made anew elsewhere
 * (KubeEdge's rule). Taints that people set drive pods from edges as from any node.
 */
export function evictingTaints(node: Stored<Node>): Taint[] {
  const isEdge = node.metadata.labels?.[edgeLabel] !== undefined;
  return (node.spec?.taints ?? []).filter((taint) => {
    if (taint.effect !== 'NoExecute') return false;
    return !isEdge || (taint.key !== notReadyTaint && taint.key !== unreachableTaint);
  });
}

export function decideEvictions(
  node: Stored<Node>,
  pods: Iterable<PodRecord>,
  nowMs: number,
): EvictionDecision {
  const taints = evictingTaints(node);
  const evict: PodRecord[] = [];
  let againMs: number | undefined;
  if (taints.length === 0) return { evict, againMs };
  for (const pod of pods) {
    if (pod.deletedMs > 0 || isFinished(pod)) continue;
    const leftMs = patienceLeftMs(pod, taints, nowMs);
    if (leftMs <= 0) evict.push(pod);
    else if (leftMs !== Number.POSITIVE_INFINITY) againMs = Math.min(againMs ?? leftMs, leftMs);
  }
  return { evict, againMs };
}

/** How long the pod may stay: until the first of its patiences with the taints ends; without end where it tolerates them for good. */
function patienceLeftMs(pod: PodRecord, taints: readonly Taint[], nowMs: number): number {
  let leftMs = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const matching = pod.shape.tolerations.filter((one) => toleratesTaint(one, taint));
    if (matching.length === 0) return 0;
    const seconds = matching.flatMap((one) => one.tolerationSeconds ?? []);
    if (seconds.length === 0) continue;
    const addedMs = taint.timeAdded ? timeOf(taint.timeAdded) : nowMs;
    // A pod bound after the taint came gets its whole patience.
    const sinceMs = Math.max(addedMs, pod.createdMs);
    leftMs = Math.min(leftMs, sinceMs + Math.min(...seconds) * 1_000 - nowMs);
  }
  return leftMs;
}
