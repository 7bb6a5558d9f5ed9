// Volumes that are directories of the host: hostPath with its checks, emptyDir on disk or in memory, and who owns them.

import type { Stats } from 'node:fs';
import { chmod, chown, lstat, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@selvedge/base';
import { parseQuantity, quantityToNumber, type Volume } from '@selvedge/kubernetes';
import { isMounted, mountTmpfs } from '../../host/mounts.ts';

type HostPath = NonNullable<Volume['hostPath']>;
type EmptyDir = NonNullable<Volume['emptyDir']>;

const checks: Record<string, { readonly test: (found: Stats) => boolean; readonly what: string }> = {
  Directory: { test: (found) => found.isDirectory(), what: 'a directory' },
  DirectoryOrCreate: { test: (found) => found.isDirectory(), what: 'a directory' },
  File: { test: (found) => found.isFile(), what: 'a file' },
  FileOrCreate: { test: (found) => found.isFile(), what: 'a file' },
  Socket: { test: (found) => found.isSocket(), what: 'a socket file' },
  CharDevice: { test: (found) => found.isCharacterDevice(), what: 'a character device' },
  BlockDevice: { test: (found) => found.isBlockDevice(), what: 'a block device' },
};

/** Makes what may be made and checks the rest; the path itself is the volume. */
export async function prepareHostPath({ path, type = '' }: HostPath): Promise<string> {
  if (type === '') return path;
  const check = checks[type];
  if (!check) throw new Fault('edged/volume-source', `${type} is an invalid volume type`);
  let found = await stat(path).catch(() => undefined);
  if (!found && type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 });
  if (!found && type === 'FileOrCreate') await writeFile(path, '', { mode: 0o644, flag: 'a' });
  found = await stat(path).catch(() => undefined);
  if (!found || !check.test(found)) {
    throw new Fault('edged/volume-source', `hostPath type check failed: ${path} is not ${check.what}`, {
      retryable: true,
    });
  }
  return path;
}

/** A directory that anyone in the pod may write to; kept while the pod is on the node. */
export async function prepareEmptyDir(directory: string, volume: EmptyDir, fsGroup?: number): Promise<void> {
  if (volume.medium && volume.medium !== 'Memory') {
    throw new Fault('edged/volume-source', `unknown storage medium "${volume.medium}"`);
  }
  const fresh = (await mkdir(directory, { recursive: true })) !== undefined;
  const inMemory = volume.medium === 'Memory';
  const mounted = inMemory && (await isMounted(directory));
  if (inMemory && !mounted) await mountTmpfs(directory, sizeOption(volume.sizeLimit));
  if (!fresh && (!inMemory || mounted)) return;
  await chmod(directory, 0o777);
  if (fsGroup !== undefined) await giveToGroup(directory, fsGroup);
}

function sizeOption(limit: string | undefined): string[] {
  const quantity = limit === undefined ? undefined : parseQuantity(limit);
  const bytes = quantity ? quantityToNumber(quantity) : 0;
  return bytes > 0 ? [`size=${bytes}`] : [];
}

/** All files below get this group, readable and writable by it; new ones inherit it. */
export async function giveToGroup(path: string, group: number): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return;
  await chown(path, found.uid, group);
  const mode = found.mode & 0o7777;
  await chmod(path, found.isDirectory() ? mode | 0o2770 : mode | 0o660);
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await giveToGroup(join(path, name), group);
}
