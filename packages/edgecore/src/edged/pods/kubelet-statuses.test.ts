// For the same state of the runtime, a pod's status agrees with what a genuine kubelet was recorded to report, field by field.

import { expect, test } from 'bun:test';
import type { ContainerState, ContainerStatus, PodStatus } from '@selvedge/kubernetes';
import type { ContainerStatus as RuntimeContainer } from '../runtime/container-runtime.ts';
import type { PodRuntimeState } from '../runtime/pod-runtime-cache.ts';
import { type RecordedStatus, recordedPods, recordedStatuses } from '../testing/kubelet-recordings.ts';
import { runtimeContainer, runtimeSandbox } from '../testing/pods.ts';
import type { WaitingReason } from './container-status.ts';
import { type EdgePod, specOf } from './pod-spec.ts';
import { podStatus } from './pod-status.ts';

const pods = recordedPods();
const statuses = recordedStatuses();

function at(time: unknown): number {
  return time ? Date.parse(String(time)) : 0;
}

/** What the runtime must have had for this to be reported of a container, newest first. */
function history({ name, state, lastState, restartCount, ...rest }: ContainerStatus): RuntimeContainer[] {
  const { image, imageID: imageRef } = rest;
  const base = { name, image, imageRef };
  const ended = (of: ContainerState | undefined, attempt: number): RuntimeContainer[] => {
    const { terminated } = of ?? {};
    if (!terminated?.containerID) return [];
    return [
      runtimeContainer({
        ...base,
        id: idOf(terminated.containerID),
        attempt,
        state: 'exited',
        exitCode: terminated.exitCode,
        reason: terminated.reason ?? '',
        message: terminated.message ?? '',
        startedAtMs: at(terminated.startedAt),
        finishedAtMs: at(terminated.finishedAt),
      }),
    ];
  };
  const { running, terminated } = state ?? {};
  if (running) {
    const id = idOf(rest.containerID ?? '');
    const newest = runtimeContainer({
      ...base,
      id,
      attempt: restartCount,
      startedAtMs: at(running.startedAt),
    });
    return [newest, ...ended(lastState, restartCount - 1)];
  }
  if (terminated) return [...ended(state, restartCount), ...ended(lastState, restartCount - 1)];
  return ended(lastState, restartCount);
}

function idOf(containerId: string): string {
  return containerId.replace('containerd://', '');
}

function all(status: PodStatus): ContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

function runtimeOf(pod: EdgePod, status: PodStatus): PodRuntimeState | undefined {
  const { name, uid } = pod.metadata;
  if (!status.podIP && all(status).every(({ containerID }) => !containerID)) return undefined;
  const sandbox = runtimeSandbox({ ips: status.podIP ? [status.podIP] : [], podUid: uid });
  return { uid, name, namespace: 'default', sandboxes: [sandbox], containers: all(status).flatMap(history) };
}

function waitingOf(status: PodStatus): Map<string, WaitingReason> {
  const defaults = ['ContainerCreating', 'PodInitializing'];
  return new Map(
    all(status).flatMap(({ name, state }) => {
      const { reason = '', message = '' } = state?.waiting ?? {};
      return state?.waiting && !defaults.includes(reason) ? [[name, { reason, message }] as const] : [];
    }),
  );
}

function ours(pod: EdgePod, recorded: PodStatus, previous: PodStatus | undefined): PodStatus {
  const find = (id: string) => all(recorded).find(({ containerID }) => containerID === `containerd://${id}`);
  const transitions = (recorded.conditions ?? []).map(({ lastTransitionTime }) => at(lastTransitionTime));
  return podStatus({
    pod,
    state: runtimeOf(pod, recorded),
    previous,
    waiting: waitingOf(recorded),
    terminationMessage: () => undefined,
    started: (id) => find(id)?.started === true,
    ready: (id) => find(id)?.ready === true,
    runtimeName: 'containerd',
    nodeIp: '192.0.2.2',
    nowMs: Math.max(at(recorded.startTime), ...transitions),
  });
}

/** What differs and why. */
function comparable(status: PodStatus): unknown {
  const { hostIPs: _, ...rest } = status; // of kubelets since 1.28
  const conditions = (rest.conditions ?? []).map(({ lastProbeTime: _none, ...condition }) => condition); // always null
  return { ...rest, conditions };
}

/** A kubelet holds a pod's last phase back until its sandbox has stopped; ours is told with the last container. */
const phaseIsLate = new Set([46]);

for (const [index, recorded] of statuses.entries()) {
  const pod = pods[recorded.pod];
  if (!pod || !recorded.status.startTime) continue; // as the API server made it, before the node
  test(`${recorded.scenario}, status ${index}: ${describeStates(recorded.status)}`, () => {
    const previous = statuses.slice(0, index).findLast((other) => isSamePod(other, recorded));
    const known = previous?.status.startTime ? previous.status : undefined;
    const made = ours(pod, recorded.status, known);
    const { phase } = phaseIsLate.has(index) ? recorded.status : made;
    expect(comparable({ ...made, ...(phase && { phase }) })).toEqual(comparable(recorded.status));
  });
}

function isSamePod(one: RecordedStatus, other: RecordedStatus): boolean {
  return pods[one.pod]?.metadata.uid === pods[other.pod]?.metadata.uid;
}

function describeStates(status: PodStatus): string {
  const states = all(status).map(({ name, state = {} }) => `${name} ${Object.keys(state).join('')}`);
  return `${status.phase}, ${states.join(', ')}`;
}

test('statuses of every recorded pod were compared', () => {
  const compared = new Set(statuses.filter(({ status }) => status.startTime).map(({ pod }) => pods[pod]));
  const names = [...compared].map((pod) => pod?.metadata.name);
  expect(new Set(names)).toEqual(new Set(pods.map(({ metadata }) => metadata.name)));
  expect(pods.every((pod) => specOf(pod).containers.length > 0)).toBe(true);
});
