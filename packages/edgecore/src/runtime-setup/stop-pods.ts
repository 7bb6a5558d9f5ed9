// Stops or removes every pod of a runtime in order: containers first, then their networks.

import type { Clock } from '@selvedge/base';
import { connectCriRuntime } from '../edged/cri/cri-runtime.ts';
import type { ContainerRuntime } from '../edged/runtime/container-runtime.ts';

export interface StopPodsOptions {
  /** Path of the CRI socket. */
  readonly endpoint: string;
  readonly clock: Clock;
  /** What each container may take to end after it was asked to. */
  readonly timeoutMs: number;
}

/** As before the machine is switched off: containers and sandboxes stay listed for the edgecore that starts next. */
export async function stopPods({ endpoint, clock, timeoutMs }: StopPodsOptions): Promise<void> {
  await using runtime = connectCriRuntime({ endpoint, clock });
  await stopAll(runtime, timeoutMs);
}

/** Stops them and takes them off the runtime's lists. */
export async function removePods({ endpoint, clock, timeoutMs }: StopPodsOptions): Promise<void> {
  await using runtime = connectCriRuntime({ endpoint, clock });
  await stopAll(runtime, timeoutMs);
  const sandboxes = await runtime.listSandboxes();
  await Promise.all(sandboxes.map(({ id }) => runtime.removeSandbox(id)));
}

async function stopAll(runtime: ContainerRuntime, timeoutMs: number): Promise<void> {
  const containers = await runtime.listContainers();
  const running = containers.filter((container) => container.state === 'running');
  const timeoutS = Math.ceil(timeoutMs / 1000);
  await Promise.all(running.map((container) => runtime.stopContainer(container.id, timeoutS)));
  const sandboxes = await runtime.listSandboxes();
  await Promise.all(sandboxes.filter(({ ready }) => ready).map(({ id }) => runtime.stopSandbox(id)));
}
