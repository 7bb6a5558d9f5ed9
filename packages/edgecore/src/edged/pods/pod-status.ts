// The whole status of a pod as the API shows it: pure, from the specification, the runtime's state and what was reported before.

import type { ContainerStatus as ApiContainerStatus, PodStatus } from '@selvedge/kubernetes';
import type { PodRuntimeState } from '../runtime/pod-runtime-cache.ts';
import { containerStatus, type WaitingReason } from './container-status.ts';
import { podConditions } from './pod-conditions.ts';
import { podPhase } from './pod-phase.ts';
import {
  allContainers,
  type ContainerKind,
  type EdgePod,
  ephemeralContainers,
  kubernetesTime,
  type NamedContainer,
  qosClass,
  specOf,
} from './pod-spec.ts';

export interface PodStatusInput {
  readonly pod: EdgePod;
  readonly state: PodRuntimeState | undefined;
  readonly previous: PodStatus | undefined;
  readonly waiting: ReadonlyMap<string, WaitingReason>;
  readonly terminationMessage: (containerId: string) => string | undefined;
  readonly started: (containerId: string) => boolean;
  readonly ready: (containerId: string) => boolean;
  readonly runtimeName: string;
  readonly nodeIp: string;
  readonly nowMs: number;
}

export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, previous } = input;
  const hasInit = (specOf(pod).initContainers ?? []).length > 0;
  const statusesOf = (list: readonly NamedContainer[], wanted: ContainerKind) =>
    list.filter(({ kind }) => kind === wanted).map((named) => oneStatus(input, named, hasInit));
  const initStatuses = statusesOf(allContainers(pod), 'init');
  const statuses = statusesOf(allContainers(pod), 'app');
  const ephemeralStatuses = statusesOf(ephemeralContainers(pod), 'ephemeral');
  const phase = podPhase(pod, initStatuses, statuses);
  const ips = podIps(input);
  return {
    phase,
    conditions: podConditions({
      pod,
      phase,
      initStatuses,
      statuses,
      previous: previous?.conditions ?? [],
      nowMs: input.nowMs,
    }),
    hostIP: input.nodeIp,
    hostIPs: [{ ip: input.nodeIp }],
    ...(ips[0] && { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: previous?.startTime ?? pod.status?.startTime ?? kubernetesTime(input.nowMs),
    ...(hasInit && { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
    ...(ephemeralStatuses.length > 0 && { ephemeralContainerStatuses: ephemeralStatuses }),
    qosClass: qosClass(pod),
  };
}

/** What is reported of one container, whatever its kind. */
export function reportedContainer(
  status: PodStatus | undefined,
  name: string,
): ApiContainerStatus | undefined {
  const all = Object.values(statusField).flatMap((field) => status?.[field] ?? []);
  return all.find((item) => item.name === name);
}

export function isTerminal(status: PodStatus | undefined): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

const statusField = {
  init: 'initContainerStatuses',
  app: 'containerStatuses',
  ephemeral: 'ephemeralContainerStatuses',
} as const;

function oneStatus(input: PodStatusInput, named: NamedContainer, hasInit: boolean): ApiContainerStatus {
  const { kind, container } = named;
  const { previous } = input;
  const reported = previous?.[statusField[kind]];
  return containerStatus({
    kind,
    container,
    history: (input.state?.containers ?? []).filter(({ name }) => name === container.name),
    waiting: input.waiting.get(container.name),
    defaultWaiting: hasInit ? 'PodInitializing' : 'ContainerCreating',
    previous: reported?.find(({ name }) => name === container.name),
    terminationMessage: input.terminationMessage,
    started: input.started,
    ready: input.ready,
    runtimeName: input.runtimeName,
  });
}

/** Addresses stay shown when the sandbox is gone: the pod had them. */
function podIps(input: PodStatusInput): string[] {
  const sandbox = input.state?.sandboxes.find((item) => item.ready);
  if (specOf(input.pod).hostNetwork) return sandbox ? [input.nodeIp] : previousIps(input);
  return sandbox && sandbox.ips.length > 0 ? [...sandbox.ips] : previousIps(input);
}

function previousIps({ previous }: PodStatusInput): string[] {
  return (previous?.podIPs ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
}
