// CRI's messages in edged's terms: no absent fields, times in milliseconds.

import type {
  Container,
  ContainerStatus,
  RunState,
  Sandbox,
  SandboxStatus,
} from '../runtime/container-runtime.ts';
import { containerNameLabel, podNameLabel, podNamespaceLabel, podUidLabel } from '../runtime/labels.ts';
import type * as cri from './cri.gen.ts';

const runStates: Record<cri.ContainerState, RunState> = {
  CONTAINER_CREATED: 'created',
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_UNKNOWN: 'unknown',
};

export function toSandbox(item: cri.PodSandbox | cri.PodSandboxStatus): Sandbox {
  const labels = item.labels ?? {};
  return {
    id: item.id ?? '',
    podUid: labels[podUidLabel] ?? item.metadata?.uid ?? '',
    podName: labels[podNameLabel] ?? item.metadata?.name ?? '',
    podNamespace: labels[podNamespaceLabel] ?? item.metadata?.namespace ?? '',
    attempt: item.metadata?.attempt ?? 0,
    ready: (item.state ?? 'SANDBOX_READY') === 'SANDBOX_READY',
    createdAtMs: milliseconds(item.createdAt),
  };
}

export function toSandboxStatus(status: cri.PodSandboxStatus): SandboxStatus {
  const { ip, additionalIps = [] } = status.network ?? {};
  const ips = [ip, ...additionalIps.map((item) => item.ip)].filter(
    (item) => item !== undefined && item !== '',
  );
  return {
    ...toSandbox(status),
    ips: ips as string[],
    usesHostNetwork: status.linux?.namespaces?.options?.network === 'NODE',
  };
}

export function toContainer(
  item: cri.Container | (cri.ContainerStatus & { podSandboxId?: string }),
): Container {
  const labels = item.labels ?? {};
  return {
    id: item.id ?? '',
    sandboxId: item.podSandboxId ?? '',
    podUid: labels[podUidLabel] ?? '',
    name: labels[containerNameLabel] ?? item.metadata?.name ?? '',
    attempt: item.metadata?.attempt ?? 0,
    state: runStates[item.state ?? 'CONTAINER_CREATED'],
    createdAtMs: milliseconds(item.createdAt),
    labels,
    annotations: item.annotations ?? {},
  };
}

export function toContainerStatus(status: cri.ContainerStatus): ContainerStatus {
  return {
    ...toContainer(status),
    startedAtMs: milliseconds(status.startedAt),
    finishedAtMs: milliseconds(status.finishedAt),
    exitCode: status.exitCode ?? 0,
    reason: status.reason ?? '',
    message: status.message ?? '',
    image: status.image?.image ?? '',
    imageRef: status.imageRef ?? '',
    logPath: status.logPath ?? '',
    mounts: (status.mounts ?? []).map((mount) => ({
      containerPath: mount.containerPath ?? '',
      hostPath: mount.hostPath ?? '',
    })),
  };
}

/** Go's zero time comes as a large negative number. */
function milliseconds(nanoseconds: number | undefined): number {
  return Math.max(0, Math.floor((nanoseconds ?? 0) / 1e6));
}
