// A pod's own cgroup, by the cgroupfs layout of a kubelet: limits for the pod as a whole, and its removal.

import { mkdir, readdir, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EdgePod } from '../pods/pod-spec.ts';
import { podCgroupPath, podCgroupResources } from './resources.ts';

const defaultRoot = '/sys/fs/cgroup';
const qosParents = ['/kubepods', '/kubepods/burstable', '/kubepods/besteffort'];

/** What can not be set is left to the containers' own limits: not every machine lets its processes make cgroups. */
export async function createPodCgroup(pod: EdgePod, root = defaultRoot): Promise<void> {
  const resources = podCgroupResources(pod);
  const unified = await exists(join(root, 'cgroup.controllers'));
  if (unified) return; // the runtime makes the path; limits stay on the containers
  const cpu = join(root, 'cpu', podCgroupPath(pod));
  const memory = join(root, 'memory', podCgroupPath(pod));
  await put(cpu, 'cpu.shares', resources.cpuShares);
  if (resources.cpuQuota) {
    await put(cpu, 'cpu.cfs_period_us', resources.cpuPeriod);
    await put(cpu, 'cpu.cfs_quota_us', resources.cpuQuota);
  }
  if (resources.memoryLimitInBytes) await put(memory, 'memory.limit_in_bytes', resources.memoryLimitInBytes);
}

async function put(directory: string, file: string, value: number | undefined): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, file), String(value));
  } catch {
    // No controller of this name here, or none of ours to change.
  }
}

export async function removePodCgroup(uid: string, root = defaultRoot): Promise<void> {
  const unified = await exists(join(root, 'cgroup.controllers'));
  const controllers = unified ? [''] : await readdir(root).catch(() => []);
  for (const controller of controllers) {
    for (const parent of qosParents) await removeTree(join(root, controller, parent, `pod${uid}`));
  }
}

async function removeTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(directory, entry.name));
  await rmdir(directory).catch(() => undefined); // not there, or still in use by a process that is ending
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
