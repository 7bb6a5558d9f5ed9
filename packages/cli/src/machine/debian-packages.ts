// What an edge calls on the machine, where Debian has it, and how it is installed when it is missing.

import { access } from 'node:fs/promises';
import { Fault } from '@selvedge/base';
import { findProgram, runOrFail } from './programs.ts';

export interface Requirement {
  /** Debian's package. */
  readonly package: string;
  /** It is there when one of these programs is on PATH or one of these files exists. */
  readonly programs?: readonly string[];
  readonly files?: readonly string[];
}

export const edgeRequirements: readonly Requirement[] = [
  { package: 'containerd', programs: ['containerd'] },
  { package: 'runc', programs: ['runc'] },
  {
    package: 'containernetworking-plugins',
    files: ['/usr/lib/cni/bridge', '/opt/cni/bin/bridge'],
  },
  { package: 'iptables', programs: ['iptables'] },
  { package: 'nftables', programs: ['nft'] },
  { package: 'iproute2', programs: ['ip'] },
];

/** For images that are made on the spot. */
export const sampleRequirements: readonly Requirement[] = [
  { package: 'busybox-static', files: ['/bin/busybox', '/usr/bin/busybox'] },
];

/** For the person who uses the cluster. */
export const clientRequirements: readonly Requirement[] = [
  { package: 'kubernetes-client', programs: ['kubectl'] },
];

export async function missingRequirements(
  requirements: readonly Requirement[],
  searchPath: string,
): Promise<Requirement[]> {
  const present = await Promise.all(requirements.map((one) => isPresent(one, searchPath)));
  return requirements.filter((_, index) => !present[index]);
}

async function isPresent(requirement: Requirement, searchPath: string): Promise<boolean> {
  for (const program of requirement.programs ?? []) {
    if (await findProgram(program, searchPath)) return true;
  }
  for (const file of requirement.files ?? []) {
    if (await exists(file)) return true;
  }
  return false;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

export interface InstallOptions {
  readonly searchPath: string;
  readonly isRoot: boolean;
  readonly report?: (detail: string) => void;
  readonly signal?: AbortSignal;
}

/** Installs what is missing by apt; a fault `preflight/packages` names what the user has to install otherwise. */
export async function installRequirements(
  requirements: readonly Requirement[],
  options: InstallOptions,
): Promise<void> {
  const missing = (await missingRequirements(requirements, options.searchPath)).map((one) => one.package);
  if (missing.length === 0) return;
  const apt = await findProgram('apt-get', options.searchPath);
  if (!options.isRoot || !apt) {
    const reason = options.isRoot ? 'there is no apt-get here' : 'only root may install them';
    throw new Fault('preflight/packages', `missing on this machine: ${missing.join(', ')}; ${reason}`, {
      hint: `apt-get install --no-install-recommends ${missing.join(' ')}`,
    });
  }
  const run = {
    environment: { DEBIAN_FRONTEND: 'noninteractive' },
    ...(options.report && { onLine: options.report }),
    ...(options.signal && { signal: options.signal }),
  };
  await runOrFail(apt, ['update', '--quiet'], run);
  // A machine that has just started may be updating itself.
  const waitForOthers = ['-o', 'DPkg::Lock::Timeout=120'];
  const install = ['install', '--quiet', '--yes', '--no-install-recommends', ...waitForOthers];
  await runOrFail(apt, [...install, ...missing], run);
}
