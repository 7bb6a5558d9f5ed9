// What the machine is and has: the facts that its Node object tells.

import { mkdir, readFile, statfs } from 'node:fs/promises';
import { arch, cpus, release, totalmem } from 'node:os';
import { ociArchitecture } from '../../runtime-setup/oci-archive.ts';
import type { NodeAllocatable } from '../containers/field-path.ts';

export interface Machine {
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly allocatable: NodeAllocatable;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** As Go names it. */
  readonly architecture: string;
}

/** Part of the disk that pods may count on. */
const diskShare = 0.9;
/** Kept free for the machine itself, as a kubelet's hard eviction threshold does. */
const reservedMemoryBytes = 100 << 20;

export async function readMachine(rootDirectory: string): Promise<Machine> {
  await mkdir(rootDirectory, { recursive: true, mode: 0o750 });
  const disk = await statfs(rootDirectory);
  const diskBytes = disk.blocks * disk.bsize;
  const cpuCount = Math.max(1, cpus().length);
  const memoryBytes = totalmem();
  const [machineId, bootId, systemUuid, osRelease] = await Promise.all(
    [
      '/etc/machine-id',
      '/proc/sys/kernel/random/boot_id',
      '/sys/class/dmi/id/product_uuid',
      '/etc/os-release',
    ].map(text),
  );
  return {
    cpuCount,
    memoryBytes,
    diskBytes,
    allocatable: {
      cpuMilli: cpuCount * 1_000,
      memoryBytes: Math.max(0, memoryBytes - reservedMemoryBytes),
      ephemeralStorageBytes: Math.floor(diskBytes * diskShare),
    },
    machineId: machineId ?? '',
    systemUuid: systemUuid || (machineId ?? ''),
    bootId: bootId ?? '',
    kernelVersion: release(),
    osImage: parseOsName(osRelease ?? ''),
    architecture: ociArchitecture(arch()),
  };
}

/** What the machine could give to programs now. */
export async function availableMemoryBytes(): Promise<number> {
  return parseAvailableMemory(await text('/proc/meminfo'));
}

/** The name in /etc/os-release, whose values are quoted as in a shell, or not at all. */
export function parseOsName(osRelease: string): string {
  const [, quote = '', rest = ''] = /^PRETTY_NAME=(["']?)(.*)$/m.exec(osRelease) ?? [];
  const end = quote === '' ? -1 : rest.indexOf(quote);
  return (end < 0 ? rest : rest.slice(0, end)).trim() || 'Linux';
}

/** MemAvailable in /proc/meminfo; 0 when it does not say. */
export function parseAvailableMemory(meminfo: string): number {
  const kibibytes = Number(/^MemAvailable:\s+(\d{1,12}) kB$/m.exec(meminfo)?.[1] ?? 0);
  return kibibytes * 1_024;
}

async function text(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}
