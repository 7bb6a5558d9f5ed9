// The pod's conditions: initialized, containers ready, ready, scheduled; with the time at which each last turned.

import type { ContainerStatus as ApiContainerStatus, PodCondition } from '@selvedge/kubernetes';
import type { PodPhase } from './pod-phase.ts';
import { type EdgePod, isSidecar, kubernetesTime, specOf } from './pod-spec.ts';

export interface PodConditionsInput {
  readonly pod: EdgePod;
  readonly phase: PodPhase;
  readonly initStatuses: readonly ApiContainerStatus[];
  readonly statuses: readonly ApiContainerStatus[];
  /** As last reported. */
  readonly previous: readonly PodCondition[];
  readonly nowMs: number;
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

/** Those that the node answers for; in the cloud they are merged with those of others by type. */
export function podConditions(input: PodConditionsInput): PodCondition[] {
  const containersReady = containersReadyVerdict(input);
  const verdicts: [string, Verdict][] = [
    ['Initialized', initializedVerdict(input)],
    ['Ready', readyVerdict(input, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: 'True' }],
  ];
  return verdicts.map(([type, verdict]) => withTime(input, type, verdict));
}

function withTime(input: PodConditionsInput, type: string, verdict: Verdict): PodCondition {
  const reported = input.previous.find((condition) => condition.type === type);
  const before = reported ?? input.pod.status?.conditions?.find((condition) => condition.type === type);
  const lastTransitionTime =
    before?.status === verdict.status && before.lastTransitionTime
      ? before.lastTransitionTime
      : kubernetesTime(input.nowMs);
  return { type, status: verdict.status, lastTransitionTime, ...clean(verdict) };
}

function clean({ reason, message }: Verdict): Partial<Verdict> {
  return { ...(reason && { reason }), ...(message && { message }) };
}

function initializedVerdict({ pod, phase, initStatuses, statuses }: PodConditionsInput): Verdict {
  if (phase === 'Succeeded' || allCompleted(pod, statuses)) return { status: 'True', reason: 'PodCompleted' };
  const begun = statuses.some(({ state }) => state?.running || state?.terminated);
  const incomplete = (specOf(pod).initContainers ?? [])
    .filter((container) => {
      const status = initStatuses.find(({ name }) => name === container.name);
      return !(isSidecar(container) ? status?.started || begun : status?.ready);
    })
    .map(({ name }) => name);
  if (incomplete.length === 0) return { status: 'True' };
  const message = `containers with incomplete status: [${incomplete.join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

function containersReadyVerdict({ pod, phase, initStatuses, statuses }: PodConditionsInput): Verdict {
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  if (phase === 'Succeeded' || allCompleted(pod, statuses))
    return { status: 'False', reason: 'PodCompleted' };
  const { initContainers = [], containers } = specOf(pod);
  const wanted = [...initContainers.filter(isSidecar), ...containers].map(({ name }) => name);
  const all = [...initStatuses, ...statuses];
  const unknown = wanted.filter((name) => !all.some((status) => status.name === name));
  const unready = wanted.filter((name) => all.some((status) => status.name === name && !status.ready));
  const parts = [];
  if (unknown.length > 0) parts.push(`containers with unknown status: [${unknown.join(' ')}]`);
  if (unready.length > 0) parts.push(`containers with unready status: [${unready.join(' ')}]`);
  if (parts.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ContainersNotReady', message: parts.join(', ') };
}

/** All containers have ended well and none will start again. */
function allCompleted(pod: EdgePod, statuses: readonly ApiContainerStatus[]): boolean {
  if (specOf(pod).restartPolicy === 'Always' || specOf(pod).restartPolicy === undefined) return false;
  return statuses.length > 0 && statuses.every(({ state }) => state?.terminated?.exitCode === 0);
}

function readyVerdict({ pod }: PodConditionsInput, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const problems = (specOf(pod).readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (!gate) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (gate.status === 'True') return [];
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  if (problems.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') };
}
