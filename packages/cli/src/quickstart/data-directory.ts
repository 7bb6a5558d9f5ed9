// The data directory of `up`: where everything lies, what was chosen when it was made, and that only one command changes it at a time.

import { chmod, mkdir, open, readFile, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Fault } from '@selvedge/base';
import { writeFileDurably } from '@selvedge/base/durable-file';
import { requireShortPath } from '../edge-machine/edge-machine.ts';
import { bootId, isAlive, type ProcessIdentity, startTimeOf } from '../machine/proc.ts';

export interface DataDirectory {
  readonly root: string;
  /** Whether commands find it without `--data-dir`. */
  readonly isDefault: boolean;
  readonly adminKubeconfig: string;
  readonly controlplane: string;
  readonly cloudcore: string;
  readonly edges: string;
  readonly run: string;
  readonly logs: string;
  readonly settings: string;
}

/** Below the directory in which a command is typed. */
export const defaultDataDirectory = '.selvedge';
const minFreeBytes = 256 * 1024 * 1024;

export function dataDirectory(path: string, workingDirectory: string): DataDirectory {
  const root = resolve(workingDirectory, path);
  return {
    root,
    isDefault: root === resolve(workingDirectory, defaultDataDirectory),
    adminKubeconfig: join(root, 'admin.kubeconfig'),
    controlplane: join(root, 'controlplane'),
    cloudcore: join(root, 'cloudcore'),
    edges: join(root, 'edges'),
    run: join(root, 'run'),
    logs: join(root, 'logs'),
    settings: join(root, 'settings.json'),
  };
}

/** Makes the directory, private to its owner; faults `preflight/…` say why it can not be used. */
export async function prepareDataDirectory(data: DataDirectory): Promise<void> {
  requireShortPath(join(data.edges, 'edge-100'));
  try {
    for (const path of [data.root, data.run, data.logs]) await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(data.root, 0o700);
    writeFileDurably(join(data.root, '.probe'), 'x'.repeat(4_096));
    await rm(join(data.root, '.probe'));
  } catch (cause) {
    throw notUsable(data, cause);
  }
  await requireFreeSpace(data);
}

function notUsable(data: DataDirectory, cause: unknown): Fault {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC') {
    return new Fault('preflight/disk-full', `the disk under ${data.root} is full`, {
      cause,
      hint: 'free some space, or choose another place with --data-dir',
    });
  }
  return new Fault('preflight/data-dir', `${data.root} can not be used as the data directory`, {
    cause,
    hint: 'choose another place with --data-dir',
  });
}

async function requireFreeSpace(data: DataDirectory): Promise<void> {
  const { bavail, bsize } = await statfs(data.root);
  const free = bavail * bsize;
  if (free >= minFreeBytes) return;
  const mebibytes = (bytes: number) => `${Math.floor(bytes / 1024 / 1024)} MiB`;
  throw new Fault(
    'preflight/disk-full',
    `${mebibytes(free)} are free under ${data.root}; at least ${mebibytes(minFreeBytes)} are needed`,
    { hint: 'free some space, or choose another place with --data-dir' },
  );
}

export async function requireDataDirectory(
  data: DataDirectory,
  hint = 'name another with --data-dir, or start here: selvedge up',
): Promise<void> {
  const found = await stat(data.settings).catch(() => undefined);
  if (found) return;
  throw new Fault('cli/no-data-dir', `nothing was started with the data directory ${data.root}`, { hint });
}

/** Holds the directory against other commands that change it; a holder that has died does not count. */
export async function lockDataDirectory(data: DataDirectory): Promise<AsyncDisposable> {
  const path = join(data.run, 'lock');
  for (let attempt = 0; attempt < 3; attempt++) {
    const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw notUsable(data, error);
    });
    if (file) {
      await file.writeFile(JSON.stringify(await ownIdentity()));
      await file.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    }
    const holder = await readHolder(path);
    if (holder && (await isAlive(holder))) {
      throw new Fault(
        'cli/data-dir-busy',
        `another command (process ${holder.pid}) is changing ${data.root}`,
        {
          retryable: true,
          hint: 'wait until it has ended',
        },
      );
    }
    await rm(path, { force: true });
  }
  throw new Fault('cli/data-dir-busy', `other commands are changing ${dirname(path)}`, { retryable: true });
}

async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, startTime: (await startTimeOf(process.pid)) ?? '', bootId: await bootId() };
}

async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined; // half written by a command that was killed, or gone by now
  }
}
