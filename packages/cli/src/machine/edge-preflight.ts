// Looks at a machine that is to become an edge node: each thing that is not as it has to be is told with what to do about it.

import { access, readFile, stat, statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { dirname } from 'node:path';
import { Fault } from '@selvedge/base';
import { missingRequirements, type Requirement } from './debian-packages.ts';
import { capabilities, hasCapability } from './proc.ts';

export interface Finding {
  readonly what: string;
  readonly advice: string;
}

export interface EdgePreflightOptions {
  readonly isRoot: boolean;
  readonly directory: string;
  /** The CRI socket of a runtime that has to be there already. */
  readonly runtimeSocket: string | undefined;
  readonly requirements: readonly Requirement[];
  readonly searchPath: string;
  readonly nowMs: number;
}

const minFreeDiskBytes = 512 * 1024 * 1024;
const minFreeMemoryBytes = 128 * 1024 * 1024;
/** No release of this program is older; a clock before it has not been set. */
const earliestPlausibleMs = Date.UTC(2024, 0, 1);

/** Everything that is wrong, so that it can be mended in one go. */
export async function edgeFindings(options: EdgePreflightOptions): Promise<Finding[]> {
  const findings = await Promise.all([
    privileges(options),
    disk(options.directory),
    memory(),
    clock(options.nowMs),
    runtime(options.runtimeSocket),
    network(),
    packages(options),
  ]);
  return findings.flat();
}

export function requireNoFindings(findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  const lines = findings.map(({ what, advice }) => `  - ${what}: ${advice}`);
  throw new Fault('preflight/edge', `this machine can not be an edge node yet:\n${lines.join('\n')}`);
}

async function privileges({ isRoot }: EdgePreflightOptions): Promise<Finding[]> {
  if (!isRoot) return [{ what: 'you are not root', advice: 'run it with sudo' }];
  const lacking: Finding[] = [];
  for (const [name, bit] of Object.entries(capabilities)) {
    if (name !== 'sysResource' && !(await hasCapability(bit))) {
      lacking.push({ what: `root lacks the capability ${name}`, advice: 'run it outside of this container' });
    }
  }
  return lacking;
}

async function disk(directory: string): Promise<Finding[]> {
  const existing = await closestExisting(directory);
  const { bavail, bsize } = await statfs(existing);
  if (bavail * bsize >= minFreeDiskBytes) return [];
  const free = Math.floor((bavail * bsize) / 1024 / 1024);
  return [{ what: `${free} MiB are free under ${existing}`, advice: 'free at least 512 MiB' }];
}

async function closestExisting(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found || path === dirname(path) ? path : closestExisting(dirname(path));
}

async function memory(): Promise<Finding[]> {
  const info = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(info)?.[1];
  const available = kibibytes === undefined ? freemem() : Number(kibibytes) * 1024;
  if (available >= minFreeMemoryBytes) return [];
  return [
    {
      what: `${Math.floor(available / 1024 / 1024)} MiB of memory are available`,
      advice: 'free at least 128 MiB',
    },
  ];
}

async function clock(nowMs: number): Promise<Finding[]> {
  if (nowMs >= earliestPlausibleMs) return [];
  const time = new Date(nowMs).toISOString();
  return [{ what: `the clock says ${time}`, advice: 'set it, for instance with: timedatectl set-ntp true' }];
}

async function runtime(endpoint: string | undefined): Promise<Finding[]> {
  const socket = endpoint?.replace(/^unix:\/\//, '');
  if (socket === undefined || (await exists(socket))) return [];
  return [
    {
      what: `there is no container runtime at ${socket}`,
      advice: 'systemctl start containerd, or name its socket with --runtime-endpoint',
    },
  ];
}

async function network(): Promise<Finding[]> {
  if (await exists('/proc/sys/net/ipv4/ip_forward')) return [];
  return [{ what: 'the kernel has no IPv4 forwarding', advice: 'use a kernel with networking' }];
}

async function packages({ requirements, searchPath }: EdgePreflightOptions): Promise<Finding[]> {
  const missing = (await missingRequirements(requirements, searchPath)).map((one) => one.package);
  if (missing.length === 0) return [];
  return [
    {
      what: `missing: ${missing.join(', ')}`,
      advice: `apt-get install --no-install-recommends ${missing.join(' ')}`,
    },
  ];
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
