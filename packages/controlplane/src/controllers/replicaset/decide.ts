// How many pods a replica set creates, which it deletes, and its status: a pure decision over what is there.

import type { ReplicaSet, Stored } from '@selvedge/kubernetes';
import type { Labels } from '../machinery/label-selector.ts';
import { isActive, isAvailable, type PodRecord } from '../machinery/pod-record.ts';

/** At most so many pods are created or deleted in one go. */
export const burstReplicas = 500;

export interface ReplicaDecision {
  readonly create: number;
  readonly remove: readonly PodRecord[];
}

/** `pods` are those that the replica set controls. */
export function decideReplicas(
  replicaSet: Stored<ReplicaSet>,
  pods: readonly PodRecord[],
  nowMs: number,
): ReplicaDecision {
  const active = pods.filter(isActive);
  const missing = (replicaSet.spec?.replicas ?? 1) - active.length;
  if (missing >= 0) return { create: Math.min(missing, burstReplicas), remove: [] };
  return { create: 0, remove: rankForDeletion(active, nowMs).slice(0, Math.min(-missing, burstReplicas)) };
}

/**
 * The order in which pods go: unassigned before assigned, pending before running, not ready before ready, cheap before
 * dear, from crowded nodes first, lately ready before long ready, often restarted first, young before old.
 */
export function rankForDeletion(pods: readonly PodRecord[], nowMs: number): PodRecord[] {
  const crowd = new Map<string, number>();
  for (const pod of pods) crowd.set(pod.nodeName, (crowd.get(pod.nodeName) ?? 0) + 1);
  const comparisons: Array<(pod: PodRecord) => number> = [
    (pod) => (pod.nodeName === '' ? 0 : 1),
    (pod) => (pod.phase === 'Pending' ? 0 : pod.phase === 'Unknown' ? 1 : 2),
    (pod) => (pod.readySinceMs > 0 ? 1 : 0),
    (pod) => pod.deletionCost,
    (pod) => -(crowd.get(pod.nodeName) ?? 0),
    (pod) => (pod.readySinceMs > 0 ? ageRank(pod.readySinceMs, nowMs) : 0),
    (pod) => -pod.restarts,
    (pod) => ageRank(pod.createdMs, nowMs),
  ];
  return [...pods].sort((left, right) => {
    for (const rank of comparisons) {
      const difference = rank(left) - rank(right);
      if (difference !== 0) return difference;
    }
    return left.uid < right.uid ? -1 : 1;
  });
}

/** Ages count in powers of two, so that pods of about the same age are taken in no telling order. */
function ageRank(sinceMs: number, nowMs: number): number {
  const ageMs = nowMs - sinceMs;
  return ageMs <= 0 ? 0 : Math.floor(Math.log2(ageMs)) + 1;
}

export interface ReplicaSetCondition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface ReplicaSetStatus {
  readonly replicas: number;
  readonly fullyLabeledReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly observedGeneration: number;
  readonly conditions: readonly ReplicaSetCondition[];
}

export interface StatusInput {
  readonly replicaSet: Stored<ReplicaSet>;
  readonly pods: readonly PodRecord[];
  readonly nowMs: number;
  /** What went wrong when pods were created or deleted just now. */
  readonly failure:
    | { readonly reason: 'FailedCreate' | 'FailedDelete'; readonly message: string }
    | undefined;
  readonly transitionTime: string;
}

export function decideStatus(input: StatusInput): ReplicaSetStatus {
  const { replicaSet, nowMs } = input;
  const active = input.pods.filter(isActive);
  const templateLabels: Labels = replicaSet.spec?.template?.metadata?.labels ?? {};
  const minReadySeconds = replicaSet.spec?.minReadySeconds ?? 0;
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => carries(pod.labels, templateLabels)).length,
    readyReplicas: active.filter((pod) => pod.readySinceMs > 0).length,
    availableReplicas: active.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length,
    observedGeneration: replicaSet.metadata.generation ?? 0,
    conditions: decideConditions(input),
  };
}

function decideConditions({ replicaSet, failure, transitionTime }: StatusInput): ReplicaSetCondition[] {
  const present: ReplicaSetCondition[] = replicaSet.status?.conditions ?? [];
  const others = present.filter((condition) => condition.type !== 'ReplicaFailure');
  if (!failure) return others;
  const known = present.find((one) => one.type === 'ReplicaFailure' && one.reason === failure.reason);
  const fresh = { type: 'ReplicaFailure', status: 'True', lastTransitionTime: transitionTime, ...failure };
  return [...others, known ?? fresh];
}

function carries(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** The status to write, or undefined where the server has it already. Zeros are written as null, as Kubernetes leaves them out. */
export function statusPatch(
  replicaSet: Stored<ReplicaSet>,
  status: ReplicaSetStatus,
): Record<string, unknown> | undefined {
  const present = replicaSet.status;
  const same =
    (present?.replicas ?? -1) === status.replicas &&
    (present?.fullyLabeledReplicas ?? 0) === status.fullyLabeledReplicas &&
    (present?.readyReplicas ?? 0) === status.readyReplicas &&
    (present?.availableReplicas ?? 0) === status.availableReplicas &&
    (present?.observedGeneration ?? 0) === status.observedGeneration &&
    JSON.stringify(present?.conditions ?? []) === JSON.stringify(status.conditions);
  if (same) return undefined;
  return {
    status: {
      replicas: status.replicas,
      fullyLabeledReplicas: status.fullyLabeledReplicas || null,
      readyReplicas: status.readyReplicas || null,
      availableReplicas: status.availableReplicas || null,
      observedGeneration: status.observedGeneration,
      conditions: status.conditions.length > 0 ? status.conditions : null,
    },
  };
}

/** When the next pod becomes available by age alone: milliseconds from now, or undefined. */
export function nextAvailabilityMs(
  minReadySeconds: number,
  pods: readonly PodRecord[],
  nowMs: number,
): number | undefined {
  if (minReadySeconds === 0) return undefined;
  const dueMs = pods
    .filter((pod) => pod.readySinceMs > 0)
    .map((pod) => pod.readySinceMs + minReadySeconds * 1_000 - nowMs)
    .filter((remaining) => remaining > 0);
  return dueMs.length > 0 ? Math.min(...dueMs) : undefined;
}
