// Which pods are of no use to anybody any more: their node is gone, or nobody will ever end them. Pure.

import { isFinished, type PodRecord } from '../machinery/pod-record.ts';

/** Finished pods beyond this number are deleted, the oldest first. */
export const maxFinishedPods = 12_500;
/** A node may be made anew: its pods are kept for so long after it was first missed. */
export const nodeQuarantineMs = 40_000;

export interface PodGcInput {
  readonly pods: Iterable<PodRecord>;
  readonly nodeExists: (name: string) => boolean;
  /** When each missing node was first missed; kept up by this function. */
  readonly missingSince: Map<string, number>;
  readonly nowMs: number;
}

export interface PodGcDecision {
  /** Pods whose node is gone: to be marked failed, then deleted. */
  readonly orphaned: readonly PodRecord[];
  /** Pods being deleted that never got a node, and finished ones beyond the limit. */
  readonly useless: readonly PodRecord[];
}

export function decidePodGc({ pods, nodeExists, missingSince, nowMs }: PodGcInput): PodGcDecision {
  const orphaned: PodRecord[] = [];
  const useless: PodRecord[] = [];
  const finished: PodRecord[] = [];
  const missing = new Set<string>();
  for (const pod of pods) {
    if (isFinished(pod)) finished.push(pod);
    if (pod.nodeName === '') {
      if (pod.deletedMs > 0) useless.push(pod);
    } else if (!nodeExists(pod.nodeName)) {
      missing.add(pod.nodeName);
      const sinceMs = missingSince.get(pod.nodeName) ?? nowMs;
      missingSince.set(pod.nodeName, sinceMs);
      if (nowMs - sinceMs >= nodeQuarantineMs) orphaned.push(pod);
    }
  }
  for (const name of missingSince.keys()) if (!missing.has(name)) missingSince.delete(name);
  const excess = finished.length - maxFinishedPods;
  if (excess > 0)
    useless.push(...finished.sort((left, right) => left.createdMs - right.createdMs).slice(0, excess));
  return { orphaned, useless };
}
