// Starts and stops the containerd of one edge, with everything it needs and leaves on the machine.

import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, Fault } from '@selvedge/base';
import {
  type ContainerdInstance,
  importImages,
  localBusyboxImages,
  removeContainerdLeftovers,
  stopPods,
  waitForSocket,
  writeContainerdFiles,
} from '@selvedge/edgecore/runtime-setup';
import { capabilities, hasCapability } from '../machine/proc.ts';
import { findProgram, runProgram } from '../machine/programs.ts';
import {
  containerdDirectory,
  containerdPlan,
  type EdgeMachine,
  type EdgeMachineContext,
  runtimeSocket,
} from './edge-machine.ts';
import { removeBridge } from './pod-network.ts';

const socketTimeoutMs = 20_000;
const podStopTimeoutMs = 10_000;

/** Starts the edge's containerd unless it runs, and brings the pause and busybox images into it. */
export async function startContainerd(edge: EdgeMachine, context: EdgeMachineContext): Promise<void> {
  const { processes, clock, signal } = context;
  const plan = await writeContainerd(edge, context.searchPath);
  const state = await processes.find(plan.name);
  if (state?.pid !== undefined) return;
  const record = await processes.start(plan);
  await processes.waitUntilReady(record, {
    isReady: () => isListening(runtimeSocket(edge), clock),
    timeoutMs: socketTimeoutMs,
    signal,
  });
  await importLocalImages(edge);
}

/** Writes the containerd's files; the plan starts it. */
export async function writeContainerd(edge: EdgeMachine, searchPath: string) {
  const containerd = await findProgram('containerd', searchPath);
  if (!containerd) throw new Fault('preflight/packages', 'there is no containerd on this machine');
  await mkdir(containerdDirectory(edge), { recursive: true, mode: 0o700 });
  await writeContainerdFiles(await containerdInstance(edge, searchPath));
  return containerdPlan(edge, containerd);
}

export async function importLocalImages(edge: EdgeMachine): Promise<void> {
  await importImages({
    socket: runtimeSocket(edge),
    images: await localBusyboxImages(),
    temporaryDirectory: join(edge.directory, 'tmp'),
  });
}

export async function isListening(socket: string, clock: Clock): Promise<boolean> {
  return waitForSocket(socket, { clock, timeoutMs: 0 }).then(
    () => true,
    () => false,
  );
}

async function containerdInstance(edge: EdgeMachine, searchPath: string): Promise<ContainerdInstance> {
  const hasFirewall = await firewallWorks(searchPath);
  return {
    directory: containerdDirectory(edge),
    network: edge.network,
    podSubnet: edge.podSubnet,
    cniPluginDirectory: await cniPluginDirectory(),
    restrictOomScoreAdj: !(await hasCapability(capabilities.sysResource)),
    masquerade: hasFirewall,
    portMapping: hasFirewall,
  };
}

async function firewallWorks(searchPath: string): Promise<boolean> {
  const iptables = await findProgram('iptables', searchPath);
  return iptables !== undefined && (await runProgram(iptables, ['-t', 'nat', '-S'])).code === 0;
}

const cniPluginDirectories = { debian: '/usr/lib/cni', upstream: '/opt/cni/bin' } as const;

async function cniPluginDirectory(): Promise<string> {
  const { debian, upstream } = cniPluginDirectories;
  return access(join(debian, 'bridge')).then(
    () => debian,
    () => upstream,
  );
}

/** Stops the edge's pods in order, then its containerd, and takes their mounts and network off the machine. */
export async function stopContainerd(edge: EdgeMachine, context: EdgeMachineContext): Promise<void> {
  const { processes, clock, searchPath } = context;
  const name = `containerd-${edge.name}`;
  const state = await processes.find(name);
  if (state?.pid !== undefined) {
    await stopPods({ endpoint: runtimeSocket(edge), clock, timeoutMs: podStopTimeoutMs });
    await processes.stop(name, podStopTimeoutMs);
  }
  const instance = {
    directory: containerdDirectory(edge),
    network: edge.network,
    podSubnet: edge.podSubnet,
    cniPluginDirectory: await cniPluginDirectory(),
  };
  await removeContainerdLeftovers(instance, {
    clock,
    removeFiles: false,
    alsoUnmount: [edge.directory],
    podRoot: join(edge.directory, 'root'),
  });
  await removeBridge(edge.network, searchPath);
}
