// Takes a containerd instance of ours off the machine: its shims and containers, mounts, network namespaces and bridge.

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleep } from '@selvedge/base';
import { removePodCgroup } from '../edged/containers/pod-cgroup.ts';
import { runCommand } from '../host/command.ts';
import { unmountBelow } from '../host/mounts.ts';
import { type ContainerdInstance, containerdPaths } from './containerd-config.ts';
import { removePodNetworks } from './pod-network-cleanup.ts';

const killRounds = 50;

export interface CleanupOptions {
  readonly clock: Clock;
  /** Images, leases and logs below the instance's directory too, and the bridge. */
  readonly removeFiles: boolean;
  readonly alsoUnmount?: readonly string[];
  /** edged's root directory: the cgroups of the pods that it knows are removed. */
  readonly podRoot?: string;
}

/** Call it when this containerd itself has ended. Containers end hard. */
export async function removeContainerdLeftovers(
  instance: ContainerdInstance,
  options: CleanupOptions,
): Promise<void> {
  await killContainers(instance, options.clock);
  for (const directory of [instance.directory, ...(options.alsoUnmount ?? [])]) await unmountBelow(directory);
  await removePodNetworks(instance);
  if (options.podRoot !== undefined) await removePodCgroups(options.podRoot);
  if (!options.removeFiles) return;
  await runCommand('ip', ['link', 'delete', instance.network]).catch(() => undefined); // there is none if no pod ever ran
  await rm(instance.directory, { recursive: true, force: true });
}

async function removePodCgroups(podRoot: string): Promise<void> {
  const uids = await readdir(join(podRoot, 'pods')).catch(() => []); // no pod ever ran
  for (const uid of uids) await removePodCgroup(uid);
}

/** Kills the shims of this containerd and everything that they started. */
export async function killContainers(instance: ContainerdInstance, clock: Clock): Promise<void> {
  const { socket } = containerdPaths(instance.directory);
  for (let round = 0; round < killRounds; round++) {
    const pids = await processesOf(socket);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    await sleep(clock, 20);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
  }
}

/** Shims carry containerd's socket in their arguments; containers are their descendants. */
async function processesOf(socket: string): Promise<number[]> {
  const parents = new Map<number, number>();
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const [stat, commandLine] = await Promise.all([text(`/proc/${pid}/stat`), text(`/proc/${pid}/cmdline`)]);
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || parent === undefined) continue;
    parents.set(pid, Number(parent));
    const argv = commandLine.split('\0');
    if (argv[0]?.includes('containerd-shim') && argv.includes(socket)) found.push(pid);
  }
  const isOurs = new Set(found);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [pid, parent] of parents) {
      if (isOurs.has(parent) && !isOurs.has(pid)) {
        isOurs.add(pid);
        grew = true;
      }
    }
  }
  return [...isOurs];
}

async function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
