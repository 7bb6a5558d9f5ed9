// A container's state as the API shows it, from what the runtime has of it and why it is not running.

import type { ContainerStatus as ApiContainerStatus, Container, ContainerState } from '@selvedge/kubernetes';
import type { ContainerStatus } from '../runtime/container-runtime.ts';
import { type ContainerKind, isSidecar, kubernetesTime } from './pod-spec.ts';

export interface WaitingReason {
  readonly reason: string;
  readonly message: string;
}

export interface ContainerStatusInput {
  readonly kind: ContainerKind;
  readonly container: Container;
  /** The runtime's containers of this name, newest first. */
  readonly history: readonly ContainerStatus[];
  /** Why the last try to start it did not succeed. */
  readonly waiting: WaitingReason | undefined;
  /** What is shown when nothing has been tried yet. */
  readonly defaultWaiting: string;
  readonly previous: ApiContainerStatus | undefined;
  readonly terminationMessage: (containerId: string) => string | undefined;
  readonly started: (containerId: string) => boolean;
  readonly ready: (containerId: string) => boolean;
  /** `containerd`: the scheme of container ids. */
  readonly runtimeName: string;
}

export function containerStatus(input: ContainerStatusInput): ApiContainerStatus {
  const { container, kind } = input;
  const [newest, before] = input.history;
  const shown = newest ? current(input, newest) : missing(input);
  const lastState = shown.lastState ?? (before?.state === 'exited' ? terminated(input, before) : {});
  const running = newest?.state === 'running';
  const started = running && input.started(newest.id);
  const completedInit = kind === 'init' && newest?.state === 'exited' && newest.exitCode === 0;
  const ready = hasNoProbes(input) ? completedInit : running && started && input.ready(newest.id);
  return {
    name: container.name,
    state: shown.state,
    lastState,
    ready,
    restartCount: shown.restartCount,
    image: newest?.image || (container.image ?? ''),
    imageID: newest?.imageRef ?? '',
    ...(newest && { containerID: `${input.runtimeName}://${newest.id}` }),
    ...(!hasNoProbes(input) && { started }),
  };
}

interface Shown {
  readonly state: ContainerState;
  readonly lastState?: ContainerState;
  readonly restartCount: number;
}

/** Neither an init container nor an ephemeral one is ever said to have started, or to serve. */
function hasNoProbes(input: ContainerStatusInput): boolean {
  return isPlainInit(input) || input.kind === 'ephemeral';
}

function isPlainInit(input: ContainerStatusInput): boolean {
  return input.kind === 'init' && !isSidecar(input.container);
}

function current(input: ContainerStatusInput, newest: ContainerStatus): Shown {
  const restartCount = newest.attempt;
  if (newest.state === 'running') {
    return { state: { running: { startedAt: kubernetesTime(newest.startedAtMs) } }, restartCount };
  }
  if (newest.state === 'exited') {
    const state = terminated(input, newest);
    return input.waiting
      ? { state: { waiting: input.waiting }, lastState: state, restartCount }
      : { state, restartCount };
  }
  const waiting = input.waiting ?? { reason: input.defaultWaiting };
  return { state: { waiting }, restartCount };
}

/** Nothing in the runtime: not yet started, or lost with the runtime's own memory. */
function missing(input: ContainerStatusInput): Shown {
  const { previous } = input;
  const restartCount = previous?.restartCount ?? 0;
  const waiting = input.waiting ?? { reason: input.defaultWaiting };
  const ended = previous?.state?.terminated;
  if (isPlainInit(input) && ended?.exitCode === 0) return { state: { terminated: ended }, restartCount };
  const was = previous?.state?.running;
  if (!was)
    return {
      state: { waiting },
      ...(previous?.lastState && { lastState: previous.lastState }),
      restartCount,
    };
  const lost = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
  };
  return { state: { waiting }, lastState: { terminated: lost }, restartCount };
}

function terminated(input: ContainerStatusInput, status: ContainerStatus): ContainerState {
  const message = input.terminationMessage(status.id) || status.message;
  return {
    terminated: {
      exitCode: status.exitCode,
      reason: status.reason || (status.exitCode === 0 ? 'Completed' : 'Error'),
      ...(message && { message }),
      startedAt: kubernetesTime(status.startedAtMs),
      finishedAt: kubernetesTime(status.finishedAtMs),
      containerID: `${input.runtimeName}://${status.id}`,
    },
  };
}
