// How many of its pods a disruption budget can spare at the moment, which evictions ask for. Pure.

import type { KubeObject, LabelSelector, Stored } from '@selvedge/kubernetes';
import { share } from '../deployment/rolling.ts';
import { timestamp } from '../machinery/event-recorder.ts';
import { controllerOf, type PodRecord, timeOf } from '../machinery/pod-record.ts';

/** An evicted pod that is still there after so long was not evicted: it counts again. */
export const evictionTimeoutMs = 120_000;

export interface DisruptionBudget extends Stored<KubeObject> {
  readonly spec?: {
    readonly selector?: LabelSelector;
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
  };
  readonly status?: Partial<BudgetStatus>;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

export interface BudgetStatus {
  readonly observedGeneration: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  readonly disruptionsAllowed: number;
  /** When pods were evicted that are still to be deleted. */
  readonly disruptedPods?: Readonly<Record<string, string>>;
  readonly conditions: readonly Condition[];
}

export interface BudgetInput {
  readonly budget: DisruptionBudget;
  /** The pods that its selector takes. */
  readonly pods: readonly PodRecord[];
  /** The size that the controller of a pod is meant to have; undefined where nobody can tell. */
  readonly scaleOf: (pod: PodRecord) => number | undefined;
  readonly nowMs: number;
}

export interface BudgetDecision {
  readonly status: BudgetStatus;
  /** When the first eviction under way times out, in milliseconds from now. */
  readonly againMs: number | undefined;
}

export function decideBudget(input: BudgetInput): BudgetDecision {
  const { budget, pods, nowMs } = input;
  const disrupted = stillDisrupted(budget, pods, nowMs);
  const healthy = pods.filter(
    (pod) => pod.readySinceMs > 0 && pod.deletedMs === 0 && !disrupted.has(pod.name),
  ).length;
  const { expected, desired } = expectations(input);
  const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
  const dueMs = [...disrupted.values()].map((time) => timeOf(time) + evictionTimeoutMs - nowMs);
  return {
    status: {
      observedGeneration: budget.metadata.generation ?? 0,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      disruptionsAllowed: allowed,
      ...(disrupted.size > 0 ? { disruptedPods: Object.fromEntries(disrupted) } : {}),
      conditions: conditionsOf(budget, allowed > 0, nowMs),
    },
    againMs: dueMs.length > 0 ? Math.min(...dueMs) : undefined,
  };
}

/** Pods whose eviction was granted and has not shown its effect yet: they are as good as gone. */
function stillDisrupted(
  budget: DisruptionBudget,
  pods: readonly PodRecord[],
  nowMs: number,
): Map<string, string> {
  const there = new Set(pods.filter((pod) => pod.deletedMs === 0).map((pod) => pod.name));
  const all = Object.entries(budget.status?.disruptedPods ?? {});
  return new Map(all.filter(([name, time]) => there.has(name) && timeOf(time) + evictionTimeoutMs > nowMs));
}

function expectations({ budget, pods, scaleOf }: BudgetInput): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  if (maxUnavailable !== undefined) {
    const expected = expectedScale(pods, scaleOf);
    return { expected, desired: Math.max(0, expected - share(maxUnavailable, expected, Math.ceil)) };
  }
  if (typeof minAvailable === 'string') {
    const expected = expectedScale(pods, scaleOf);
    return { expected, desired: share(minAvailable, expected, Math.ceil) };
  }
  return { expected: pods.length, desired: minAvailable ?? 0 };
}

/** The sizes of the pods' controllers together, each counted once. */
function expectedScale(pods: readonly PodRecord[], scaleOf: BudgetInput['scaleOf']): number {
  const scales = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod)?.uid;
    if (owner === undefined || scales.has(owner)) continue;
    const ofSameOwner = () => pods.filter((one) => controllerOf(one)?.uid === owner).length;
    scales.set(owner, scaleOf(pod) ?? ofSameOwner());
  }
  return [...scales.values()].reduce((sum, scale) => sum + scale, 0);
}

function conditionsOf(budget: DisruptionBudget, allowed: boolean, nowMs: number): Condition[] {
  const type = 'DisruptionAllowed';
  const status = allowed ? 'True' : 'False';
  const present = budget.status?.conditions?.find((one) => one.type === type);
  return [
    ...(budget.status?.conditions ?? []).filter((one) => one.type !== type),
    {
      type,
      status,
      observedGeneration: budget.metadata.generation ?? 0,
      lastTransitionTime: present?.status === status ? present.lastTransitionTime : timestamp(nowMs),
      reason: allowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    },
  ];
}

/** The status to write, or undefined where the server has it already. */
export function budgetPatch(budget: DisruptionBudget, status: BudgetStatus): object | undefined {
  const wanted = { ...status, disruptedPods: status.disruptedPods ?? null };
  const present = (budget.status ?? {}) as Record<string, unknown>;
  const text = (value: unknown) => JSON.stringify(value ?? null);
  const same = Object.entries(wanted).every(([field, value]) => text(present[field]) === text(value));
  if (same) return undefined;
  const { disruptedPods = {} } = status;
  // A merge patch keeps what it does not name.
  const gone = Object.keys(budget.status?.disruptedPods ?? {}).filter((name) => !(name in disruptedPods));
  const removed = Object.fromEntries(gone.map((name) => [name, null]));
  return {
    // Evictions are counted in the status too: one that came in between is not to be lost.
    metadata: { resourceVersion: budget.metadata.resourceVersion },
    status: { ...status, disruptedPods: { ...disruptedPods, ...removed } },
  };
}
