import { expect, test } from 'bun:test';
import type { Container, PodSpec } from '@selvedge/kubernetes';
import type { ContainerStatus } from '../runtime/container-runtime.ts';
import { backoffStepAnnotation, containerHashAnnotation } from '../runtime/labels.ts';
import type { PodRuntimeState } from '../runtime/pod-runtime-cache.ts';
import {
  containerOf,
  podOf,
  runtimeContainer,
  runtimeSandbox,
  runtimeState,
  startMs,
} from '../testing/pods.ts';
import { computePodActions, type PodActions, type ProbeVerdict } from './pod-actions.ts';
import { containerHash } from './pod-spec.ts';

const two = { containers: [containerOf({ name: 'a' }), containerOf({ name: 'b' })] };
const withInit = { ...two, initContainers: [containerOf({ name: 'i' }), containerOf({ name: 'j' })] };
const sidecar = containerOf({ name: 's', restartPolicy: 'Always' });

interface Options {
  readonly liveness?: Record<string, ProbeVerdict>;
  readonly startup?: Record<string, ProbeVerdict>;
  readonly starts?: number;
}

function decide(
  spec: Partial<PodSpec>,
  state: PodRuntimeState | undefined,
  options: Options = {},
): PodActions {
  return computePodActions({
    pod: podOf(spec),
    state,
    probes: {
      liveness: (id) => options.liveness?.[id] ?? 'success',
      startup: (id) => options.startup?.[id] ?? 'success',
    },
    reportedStarts: () => options.starts ?? 0,
  });
}

function running(name: string, fields: Partial<ContainerStatus> = {}): ContainerStatus {
  return runtimeContainer({ id: `${name}-id`, name, ...fields });
}

function exited(name: string, exitCode: number, fields: Partial<ContainerStatus> = {}): ContainerStatus {
  return running(name, { state: 'exited', exitCode, finishedAtMs: startMs + 1_000, ...fields });
}

function brief(actions: PodActions): object {
  return {
    ...(actions.killPod && { killPod: true }),
    ...(actions.createSandbox && { createSandbox: true }),
    ...(actions.kill.length > 0 && {
      kill: actions.kill.map(({ status, reason }) => `${status.name} ${reason}`),
    }),
    ...(actions.start.length > 0 && {
      start: actions.start.map(({ container, attempt }) => `${container.name} ${attempt}`),
    }),
  };
}

test('a new pod gets a sandbox and its first init container, or all its containers', () => {
  const fresh = { killPod: true, createSandbox: true };
  expect(brief(decide(two, undefined))).toEqual({ ...fresh, start: ['a 0', 'b 0'] });
  expect(brief(decide(withInit, undefined))).toEqual({ ...fresh, start: ['i 0'] });
});

test('containers that the runtime forgot go on with the number of starts last reported', () => {
  expect(brief(decide(two, undefined, { starts: 4 }))).toMatchObject({ start: ['a 4', 'b 4'] });
});

test('init containers run one after the other, then the others all at once', () => {
  expect(brief(decide(withInit, runtimeState([])))).toEqual({ start: ['i 0'] });
  expect(brief(decide(withInit, runtimeState([running('i')])))).toEqual({});
  expect(brief(decide(withInit, runtimeState([exited('i', 0)])))).toEqual({ start: ['j 0'] });
  expect(brief(decide(withInit, runtimeState([running('j'), exited('i', 0)])))).toEqual({});
  const done = [exited('j', 0), exited('i', 0)];
  expect(brief(decide(withInit, runtimeState(done)))).toEqual({ start: ['a 0', 'b 0'] });
  expect(brief(decide(withInit, runtimeState([running('a'), running('b'), ...done])))).toEqual({});
});

test('a failed init container is tried again, and ends a pod that never restarts', () => {
  const failed = runtimeState([exited('i', 1)]);
  expect(brief(decide(withInit, failed))).toEqual({ start: ['i 1'] });
  expect(brief(decide({ ...withInit, restartPolicy: 'OnFailure' }, failed))).toEqual({ start: ['i 1'] });
  expect(brief(decide({ ...withInit, restartPolicy: 'Never' }, failed))).toEqual({ killPod: true });
});

test('init containers whose remains are gone do not run again once containers have begun', () => {
  const state = runtimeState([running('a'), exited('b', 1)]);
  expect(brief(decide(withInit, state))).toEqual({ start: ['b 1'] });
});

test('what ends is restarted by the pod’s policy', () => {
  const state = runtimeState([exited('a', 0), exited('b', 1)]);
  expect(brief(decide(two, state))).toEqual({ start: ['a 1', 'b 1'] });
  expect(brief(decide({ ...two, restartPolicy: 'OnFailure' }, state))).toEqual({ start: ['b 1'] });
  expect(brief(decide({ ...two, restartPolicy: 'Never' }, state))).toEqual({ killPod: true });
  const one = runtimeState([running('a'), exited('b', 1)]);
  expect(brief(decide({ ...two, restartPolicy: 'Never' }, one))).toEqual({});
});

test('a restart of the same definition waits by its back-off, one of a changed definition does not', () => {
  const container = containerOf();
  const hash = { [containerHashAnnotation]: containerHash(container), [backoffStepAnnotation]: '3' };
  const same = decide({ containers: [container] }, runtimeState([exited('c', 1, { annotations: hash })]));
  expect(same.start[0]?.backoff).toEqual({ delayMs: 40_000, notBeforeMs: startMs + 41_000, nextStep: 4 });
  const other = { ...hash, [containerHashAnnotation]: 'ffffffff' };
  const changed = decide({ containers: [container] }, runtimeState([exited('c', 1, { annotations: other })]));
  expect(changed.start[0]?.backoff).toEqual({ delayMs: 0, notBeforeMs: 0, nextStep: 0 });
});

test('a changed image, a failed liveness probe and a failed startup probe end a container', () => {
  const state = runtimeState([running('c', { annotations: { [containerHashAnnotation]: 'ffffffff' } })]);
  const changed = decide({}, state);
  expect(changed.kill[0]).toMatchObject({
    reason: 'changed',
    message: 'Container c definition changed, will be restarted',
  });
  const well = runtimeState([running('c')]);
  expect(decide({}, well, { liveness: { 'c-id': 'failure' } }).kill[0]).toMatchObject({
    reason: 'liveness',
    message: 'Container c failed liveness probe, will be restarted',
  });
  const never = decide({ restartPolicy: 'Never' }, well, { startup: { 'c-id': 'failure' } });
  expect(never.kill[0]).toMatchObject({ reason: 'startup', message: 'Container c failed startup probe' });
  expect(brief(decide({}, well))).toEqual({});
});

test('containers that were made but not started, or are in no known state, make way', () => {
  for (const state of ['created', 'unknown'] as const) {
    const actions = decide({}, runtimeState([running('c', { state })]));
    expect(brief(actions)).toEqual({ kill: ['c unknown'], start: ['c 1'] });
  }
});

test('a sandbox that is gone, without address, or on the wrong network is replaced, and nothing waits', () => {
  const container = exited('c', 1, { annotations: { [backoffStepAnnotation]: '3' } });
  const dead = [
    [runtimeSandbox({ ready: false, attempt: 2 })],
    [runtimeSandbox({ ips: [], attempt: 2 })],
    [runtimeSandbox({ usesHostNetwork: true, attempt: 2 })],
    [runtimeSandbox({ attempt: 2 }), runtimeSandbox({ id: 'other', attempt: 1 })],
  ];
  for (const sandboxes of dead) {
    const actions = decide({}, runtimeState([container], sandboxes));
    expect(brief(actions)).toEqual({ killPod: true, createSandbox: true, start: ['c 1'] });
    expect(actions.sandboxAttempt).toBe(3);
    expect(actions.start[0]?.backoff.notBeforeMs).toBe(0);
  }
  const host = runtimeState([running('c')], [runtimeSandbox({ ips: [], usesHostNetwork: true })]);
  expect(brief(decide({ hostNetwork: true }, host))).toEqual({});
});

test('a pod that has done its work, or never restarts, gets no new sandbox', () => {
  const gone = [runtimeSandbox({ ready: false })];
  const done = runtimeState([exited('c', 0)], gone);
  expect(brief(decide({ restartPolicy: 'OnFailure' }, done))).toEqual({ killPod: true });
  expect(brief(decide({ restartPolicy: 'Never' }, runtimeState([exited('c', 1)], gone)))).toEqual({
    killPod: true,
  });
});

test('containers of an earlier sandbox do not count in the new one, but their starts do', () => {
  const state = runtimeState([exited('c', 137, { sandboxId: 'earlier', attempt: 3 })]);
  expect(brief(decide({}, state))).toEqual({ start: ['c 4'] });
});

test('a sidecar starts before those after it, stays beside the containers, and comes back', () => {
  const spec = { ...two, initContainers: [sidecar, containerOf({ name: 'i' })] };
  expect(brief(decide(spec, runtimeState([])))).toEqual({ start: ['s 0'] });
  const starting = decide(spec, runtimeState([running('s')]), { startup: { 's-id': 'unknown' } });
  expect(brief(starting)).toEqual({});
  expect(brief(decide(spec, runtimeState([running('s')])))).toEqual({ start: ['i 0'] });
  const all = [running('a'), running('b'), exited('i', 0)];
  expect(brief(decide(spec, runtimeState([...all, exited('s', 1)])))).toEqual({ start: ['s 1'] });
  const over = [exited('a', 0), exited('b', 0), exited('i', 0), running('s')];
  expect(brief(decide({ ...spec, restartPolicy: 'Never' }, runtimeState(over)))).toEqual({ killPod: true });
});

test('ephemeral containers start once, also while init containers still run', () => {
  const ephemeralContainers = [{ name: 'debug', image: 'localhost/busybox:1' }] as Container[];
  const spec = { ...withInit, ephemeralContainers };
  expect(brief(decide(spec, undefined))).toMatchObject({ start: ['i 0'] });
  expect(brief(decide(spec, runtimeState([running('i')])))).toEqual({ start: ['debug 0'] });
  expect(brief(decide(spec, runtimeState([running('i'), exited('debug', 0)])))).toEqual({});
  const ended = runtimeState([exited('i', 1)]);
  expect(brief(decide({ ...spec, restartPolicy: 'Never' }, ended))).toEqual({ killPod: true });
});
