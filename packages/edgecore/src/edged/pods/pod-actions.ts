// Decides what a pod needs next: the specification against what the runtime has. Pure: no clock, no I/O, nothing remembered.

import type { Container } from '@selvedge/kubernetes';
import type { ContainerStatus, SandboxStatus } from '../runtime/container-runtime.ts';
import { containerHashAnnotation } from '../runtime/labels.ts';
import type { PodRuntimeState } from '../runtime/pod-runtime-cache.ts';
import {
  type ContainerKind,
  containerHash,
  type EdgePod,
  ephemeralContainers,
  isSidecar,
  restartPolicyOf,
  specOf,
} from './pod-spec.ts';
import { type RestartBackoff, restartBackoff } from './restart-backoff.ts';

export type ProbeVerdict = 'unknown' | 'success' | 'failure';

/** What probes say of a running container; a probe that is not defined says `success`. */
export interface ProbeVerdicts {
  liveness(containerId: string): ProbeVerdict;
  startup(containerId: string): ProbeVerdict;
}

export interface PodActionsInput {
  readonly pod: EdgePod;
  readonly state: PodRuntimeState | undefined;
  readonly probes: ProbeVerdicts;
  /** How often the container of this name has started, by the status last reported: for when the runtime forgot. */
  readonly reportedStarts: (name: string) => number;
}

export type KillReason = 'liveness' | 'startup' | 'changed' | 'unknown' | 'finished';

export interface ContainerToKill {
  readonly status: ContainerStatus;
  readonly reason: KillReason;
  /** The event's words; empty when nobody needs to know. */
  readonly message: string;
}

export interface ContainerToStart {
  readonly kind: ContainerKind;
  readonly container: Container;
  /** Number of this start: 0 for the first. */
  readonly attempt: number;
  readonly backoff: RestartBackoff;
}

export interface PodActions {
  /** End everything of the pod first: it gets a new sandbox, or it has done its work. */
  readonly killPod: boolean;
  readonly createSandbox: boolean;
  readonly sandboxAttempt: number;
  /** The sandbox to use when none is created. */
  readonly sandbox: SandboxStatus | undefined;
  /** Decide again when these have ended: how long each waits for its restart is known only then. */
  readonly kill: readonly ContainerToKill[];
  /** In order. Those whose back-off is not over wait until then. */
  readonly start: readonly ContainerToStart[];
}

export function computePodActions(input: PodActionsInput): PodActions {
  const { pod, state } = input;
  const sandbox = usableSandbox(pod, state);
  const newest = state?.sandboxes[0];
  const sandboxAttempt = newest ? newest.attempt + 1 : 0;
  const base = { killPod: false, createSandbox: false, sandboxAttempt, sandbox, kill: [], start: [] };
  if (sandbox) return { ...base, ...withEphemeral(input, actionsInSandbox(input, sandbox)) };
  if (restartPolicyOf(pod) === 'Never' && (state?.containers.length ?? 0) > 0)
    return { ...base, killPod: true };
  const start = firstStarts(input);
  if (start.length === 0) return { ...base, killPod: true };
  return { ...base, killPod: true, createSandbox: true, start };
}

/** The newest sandbox, if it can hold containers. */
function usableSandbox(pod: EdgePod, state: PodRuntimeState | undefined): SandboxStatus | undefined {
  const ready = (state?.sandboxes ?? []).filter((sandbox) => sandbox.ready);
  const [newest] = state?.sandboxes ?? [];
  if (!newest?.ready || ready.length > 1) return undefined;
  const hostNetwork = specOf(pod).hostNetwork === true;
  if (newest.usesHostNetwork !== hostNetwork) return undefined;
  return hostNetwork || newest.ips.length > 0 ? newest : undefined;
}

/** What starts in a new sandbox: the first init container, or all containers that have not done their work. */
function firstStarts(input: PodActionsInput): ContainerToStart[] {
  const { initContainers = [], containers } = specOf(input.pod);
  const unfinished = containers.filter((container) => {
    const last = newestOf(input.state, container.name);
    return !(restartPolicyOf(input.pod) === 'OnFailure' && last?.state === 'exited' && last.exitCode === 0);
  });
  if (unfinished.length === 0) return [];
  const [first] = initContainers;
  if (first) return [immediately(toStart(input, 'init', first))];
  return unfinished.map((container) => immediately(toStart(input, 'app', container)));
}

/** A new sandbox is no container's fault: nothing waits for it, but what was counted stays counted. */
function immediately(start: ContainerToStart): ContainerToStart {
  return { ...start, backoff: { ...start.backoff, delayMs: 0, notBeforeMs: 0 } };
}

/** Ephemeral containers start once, whatever the others do; a pod that ends takes none. */
function withEphemeral(input: PodActionsInput, actions: SandboxActions): SandboxActions {
  if (actions.killPod) return actions;
  const fresh = ephemeralContainers(input.pod).filter(
    ({ container }) => newestOf(input.state, container.name) === undefined,
  );
  const start = fresh.map(({ container }) => toStart(input, 'ephemeral', container));
  return { ...actions, start: [...start, ...actions.start] };
}

interface SandboxActions {
  killPod: boolean;
  kill: ContainerToKill[];
  start: ContainerToStart[];
}

function actionsInSandbox(input: PodActionsInput, sandbox: SandboxStatus): SandboxActions {
  const inSandbox = (state: PodRuntimeState | undefined): PodRuntimeState | undefined =>
    state && { ...state, containers: state.containers.filter((item) => item.sandboxId === sandbox.id) };
  const current = inSandbox(input.state);
  const actions: SandboxActions = { killPod: false, kill: [], start: [] };
  const initialized = initActions(input, current, actions);
  if (actions.killPod || !initialized) return actions;
  let kept = 0;
  for (const container of specOf(input.pod).containers) {
    if (appActions(input, container, newestOf(current, container.name), actions)) kept++;
  }
  const idle = kept === 0 && actions.kill.length === 0;
  if (idle && actions.start.every(({ kind }) => kind === 'init')) {
    return { killPod: true, kill: [], start: [] };
  }
  return actions;
}

/** True when the containers may run. */
function initActions(
  input: PodActionsInput,
  current: PodRuntimeState | undefined,
  actions: SandboxActions,
): boolean {
  const { initContainers = [], containers } = specOf(input.pod);
  const begun = containers.some((container) => newestOf(current, container.name) !== undefined);
  for (const container of initContainers) {
    const status = newestOf(current, container.name);
    const passed = isSidecar(container)
      ? sidecarPassed(input, container, status, actions)
      : begun || initPassed(input, container, status, actions);
    if (!passed && !begun) return false;
  }
  return true;
}

function initPassed(
  input: PodActionsInput,
  container: Container,
  status: ContainerStatus | undefined,
  actions: SandboxActions,
): boolean {
  if (status?.state === 'exited' && status.exitCode === 0) return true;
  if (status?.state === 'running') return false;
  if (status?.state === 'exited' && restartPolicyOf(input.pod) === 'Never') {
    actions.killPod = true;
    return false;
  }
  if (status && status.state !== 'exited') actions.kill.push({ status, reason: 'unknown', message: '' });
  actions.start.push(toStart(input, 'init', container));
  return false;
}

function sidecarPassed(
  input: PodActionsInput,
  container: Container,
  status: ContainerStatus | undefined,
  actions: SandboxActions,
): boolean {
  if (status?.state === 'running') {
    const kill = killRunning(input, container, status, true);
    if (!kill) return input.probes.startup(status.id) === 'success';
    actions.kill.push(kill);
    return false;
  }
  if (status && status.state !== 'exited') {
    actions.kill.push({ status, reason: 'unknown', message: '' });
  }
  actions.start.push(toStart(input, 'init', container));
  return false;
}

/** True when the container is left running. */
function appActions(
  input: PodActionsInput,
  container: Container,
  status: ContainerStatus | undefined,
  actions: SandboxActions,
): boolean {
  if (status?.state === 'running') {
    const restart = restartPolicyOf(input.pod) !== 'Never';
    const kill = killRunning(input, container, status, restart);
    if (!kill) return true;
    actions.kill.push(kill);
    return false;
  }
  if (status && !shouldRestart(input.pod, container, status)) return false;
  if (status && status.state !== 'exited') actions.kill.push({ status, reason: 'unknown', message: '' });
  actions.start.push(toStart(input, 'app', container));
  return false;
}

export function shouldRestart(pod: EdgePod, container: Container, status: ContainerStatus): boolean {
  if (status.state === 'created' || status.state === 'unknown') return true;
  if (status.state === 'running') return false;
  const hash = status.annotations[containerHashAnnotation];
  if (hash !== undefined && hash !== containerHash(container)) return true;
  const policy = restartPolicyOf(pod);
  return policy === 'Always' || (policy === 'OnFailure' && status.exitCode !== 0);
}

function killRunning(
  input: PodActionsInput,
  container: Container,
  status: ContainerStatus,
  restart: boolean,
): ContainerToKill | undefined {
  const { name } = container;
  const tell = (text: string, will: boolean) =>
    `Container ${name} ${text}${will ? ', will be restarted' : ''}`;
  const hash = status.annotations[containerHashAnnotation];
  if (hash !== undefined && hash !== containerHash(container)) {
    return { status, reason: 'changed', message: tell('definition changed', true) };
  }
  if (input.probes.liveness(status.id) === 'failure') {
    return { status, reason: 'liveness', message: tell('failed liveness probe', restart) };
  }
  if (input.probes.startup(status.id) === 'failure') {
    return { status, reason: 'startup', message: tell('failed startup probe', restart) };
  }
  return undefined;
}

function toStart(input: PodActionsInput, kind: ContainerKind, container: Container): ContainerToStart {
  const last = newestOf(input.state, container.name);
  const sameDefinition = last?.annotations[containerHashAnnotation] === containerHash(container);
  const failed = last?.state === 'exited' && sameDefinition ? last : undefined;
  return {
    kind,
    container,
    attempt: last ? last.attempt + 1 : input.reportedStarts(container.name),
    backoff: restartBackoff(failed),
  };
}

function newestOf(state: PodRuntimeState | undefined, name: string): ContainerStatus | undefined {
  return state?.containers.find((container) => container.name === name);
}
