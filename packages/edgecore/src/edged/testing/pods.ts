// Pods, containers and sandboxes for tests, with only what a test is about written out.

import type { Container, ObjectMeta, PodSpec } from '@selvedge/kubernetes';
import type { EdgePod } from '../pods/pod-spec.ts';
import type { ContainerStatus, SandboxStatus } from '../runtime/container-runtime.ts';
import type { PodRuntimeState } from '../runtime/pod-runtime-cache.ts';

export const startMs = 1_700_000_000_000;

export function podOf(spec: Partial<PodSpec> = {}, metadata: Partial<ObjectMeta> = {}): EdgePod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', uid: 'uid-1', resourceVersion: '1', ...metadata },
    spec: { containers: [containerOf()], ...spec },
  };
}

export function containerOf(fields: Partial<Container> = {}): Container {
  return { name: 'c', image: 'localhost/busybox:1', ...fields };
}

export function runtimeContainer(fields: Partial<ContainerStatus> = {}): ContainerStatus {
  return {
    id: 'container-1',
    sandboxId: 'sandbox-1',
    podUid: 'uid-1',
    name: 'c',
    attempt: 0,
    state: 'running',
    createdAtMs: startMs,
    labels: {},
    annotations: {},
    startedAtMs: startMs,
    finishedAtMs: 0,
    exitCode: 0,
    reason: '',
    message: '',
    image: 'localhost/busybox:1',
    imageRef: 'sha256:1',
    logPath: '',
    mounts: [],
    ...fields,
  };
}

export function runtimeSandbox(fields: Partial<SandboxStatus> = {}): SandboxStatus {
  return {
    id: 'sandbox-1',
    podUid: 'uid-1',
    podName: 'web',
    podNamespace: 'default',
    attempt: 0,
    ready: true,
    createdAtMs: startMs,
    ips: ['10.1.0.5'],
    usesHostNetwork: false,
    ...fields,
  };
}

export function runtimeState(
  containers: readonly ContainerStatus[],
  sandboxes: readonly SandboxStatus[] = [runtimeSandbox()],
): PodRuntimeState {
  return { uid: 'uid-1', name: 'web', namespace: 'default', sandboxes, containers };
}
