// The pod's phase, from the states of its containers.

import type { ContainerStatus as ApiContainerStatus } from '@selvedge/kubernetes';
import { type EdgePod, isSidecar, restartPolicyOf, specOf } from './pod-spec.ts';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export function podPhase(
  pod: EdgePod,
  initStatuses: readonly ApiContainerStatus[],
  statuses: readonly ApiContainerStatus[],
): PodPhase {
  const init = initProgress(pod, initStatuses);
  const policy = restartPolicyOf(pod);
  if (init.failed > 0 && policy === 'Never') return 'Failed';
  const count = countStates(specOf(pod).containers.length, statuses);
  if (init.pending > 0 || count.waiting > 0) return 'Pending';
  if (count.running > 0 && count.unknown === 0) return 'Running';
  if (count.running === 0 && count.stopped > 0 && count.unknown === 0) {
    if (policy === 'Always') return 'Running';
    if (count.stopped === count.succeeded) return 'Succeeded';
    return policy === 'Never' ? 'Failed' : 'Running';
  }
  return 'Pending';
}

function initProgress(
  pod: EdgePod,
  statuses: readonly ApiContainerStatus[],
): { pending: number; failed: number } {
  let pending = 0;
  let failed = 0;
  for (const container of specOf(pod).initContainers ?? []) {
    const status = statuses.find(({ name }) => name === container.name);
    const { running, terminated, waiting } = status?.state ?? {};
    if (isSidecar(container)) {
      if (!status?.started && !terminated) pending++;
    } else if (terminated) {
      if (terminated.exitCode !== 0) failed++;
    } else if (waiting && status?.lastState?.terminated) {
      if (status.lastState.terminated.exitCode !== 0) failed++;
      else pending++;
    } else if (running || waiting || !status) {
      pending++;
    }
  }
  return { pending, failed };
}

function countStates(expected: number, statuses: readonly ApiContainerStatus[]) {
  const count = { unknown: expected - statuses.length, running: 0, waiting: 0, stopped: 0, succeeded: 0 };
  for (const { state, lastState } of statuses) {
    if (state?.running) count.running++;
    else if (state?.terminated) {
      count.stopped++;
      if (state.terminated.exitCode === 0) count.succeeded++;
    } else if (state?.waiting) {
      if (lastState?.terminated) count.stopped++;
      else count.waiting++;
    } else count.unknown++;
  }
  return count;
}
