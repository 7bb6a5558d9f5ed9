// Takes away what a pod leaves: dead containers beyond the last, old sandboxes, and in the end everything.

import { rm } from 'node:fs/promises';
import { removePodCgroup } from '../containers/pod-cgroup.ts';
import { podLogDirectory } from '../containers/sandbox-config.ts';
import { stopContainer } from '../containers/stop-container.ts';
import type { EdgedContext } from '../edged-context.ts';
import type { ContainerStatus } from '../runtime/container-runtime.ts';
import type { PodRuntimeState } from '../runtime/pod-runtime-cache.ts';
import type { EdgePod } from './pod-spec.ts';

/** Dead containers kept of each name, for `logs --previous`. */
const deadContainersKept = 1;

export async function removeDead(context: EdgedContext, state: PodRuntimeState): Promise<void> {
  const { runtime } = context;
  const dead = new Map<string, number>();
  for (const container of state.containers) {
    if (container.state !== 'exited') continue;
    const kept = dead.get(container.name) ?? 0;
    dead.set(container.name, kept + 1);
    if (kept < deadContainersKept) continue;
    await runtime.removeContainer(container.id);
    await removeLogs(container);
  }
  const used = new Set(state.containers.map(({ sandboxId }) => sandboxId));
  for (const sandbox of state.sandboxes.slice(1)) {
    if (!sandbox.ready && !used.has(sandbox.id)) await runtime.removeSandbox(sandbox.id);
  }
}

async function removeLogs({ logPath }: ContainerStatus): Promise<void> {
  if (logPath !== '') await rm(logPath, { force: true });
}

export interface KillPodInput {
  readonly context: EdgedContext;
  readonly pod: EdgePod;
  readonly state: PodRuntimeState | undefined;
  /** Instead of the pod's own grace. */
  readonly graceS?: number;
  readonly signal?: AbortSignal;
}

/** Ends all containers side by side, each with its hook and grace, sidecars last; then the sandboxes. */
export async function killPod(input: KillPodInput): Promise<void> {
  const { context, pod, state } = input;
  const { initContainers = [] } = pod.spec ?? {};
  const running = (state?.containers ?? []).filter(
    (item) => item.state === 'running' || item.state === 'unknown',
  );
  const isSide = (item: ContainerStatus) => initContainers.some(({ name }) => name === item.name);
  await stopAll(
    input,
    running.filter((item) => !isSide(item)),
  );
  await stopAll(input, running.filter(isSide));
  for (const sandbox of state?.sandboxes ?? []) {
    if (sandbox.ready) await context.runtime.stopSandbox(sandbox.id);
  }
}

async function stopAll(
  { context, pod, graceS, signal }: KillPodInput,
  containers: ContainerStatus[],
): Promise<void> {
  await Promise.all(
    containers.map((container) =>
      stopContainer({
        context,
        pod,
        containerId: container.id,
        name: container.name,
        message: `Stopping container ${container.name}`,
        ...(graceS !== undefined && { graceS }),
        ...(signal && { signal }),
      }),
    ),
  );
}

/** Nothing of the pod is left on the node afterwards. */
export async function removePod(
  context: EdgedContext,
  pod: EdgePod,
  state: PodRuntimeState | undefined,
): Promise<void> {
  const { runtime, volumes, settings } = context;
  for (const container of state?.containers ?? []) await runtime.removeContainer(container.id);
  for (const sandbox of state?.sandboxes ?? []) {
    await runtime.stopSandbox(sandbox.id); // once more: its network may still stand
    await runtime.removeSandbox(sandbox.id);
  }
  await volumes.unmount(pod.metadata.uid);
  await rm(podLogDirectory(pod, settings.podLogDirectory), { recursive: true, force: true });
  await removePodCgroup(pod.metadata.uid);
}
