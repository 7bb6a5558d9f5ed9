// Writes a set of files so that readers see the old set or the new one, never a mixture: Kubernetes' `..data` layout.

import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { Fault } from '@selvedge/base';

export interface PayloadFile {
  readonly data: Buffer;
  readonly mode: number;
  /** Owner, where it is not root. */
  readonly uid?: number;
}

export type Payload = ReadonlyMap<string, PayloadFile>;

const dataLink = '..data';
const newDataLink = '..data_tmp';
const maxPathLength = 4_096;

export interface WritePayloadOptions {
  readonly directory: string;
  readonly payload: Payload;
  /** Group that gets to read (and the directories' set-group-id bit). */
  readonly fsGroup?: number;
  /** Makes the name of the new data directory unique and tellable. */
  readonly nowMs: number;
}

/** False when everything was there already. Throws `edged/invalid-path` before anything is written. */
export async function writePayload(options: WritePayloadOptions): Promise<boolean> {
  const { directory, payload } = options;
  for (const path of payload.keys()) checkPath(path);
  const current = await readlink(join(directory, dataLink)).catch(() => undefined);
  if (current !== undefined && (await isSame(join(directory, current), payload))) {
    await linkVisible(directory, payload);
    return false;
  }
  const name = await newDirectoryName(directory, options.nowMs);
  const target = join(directory, name);
  await mkdir(target, { mode: 0o755 });
  await chmod(target, 0o755);
  for (const [path, file] of payload) await writeOne(target, path, file, options.fsGroup);
  if (options.fsGroup !== undefined) await giveDirectories(target, options.fsGroup);
  await rm(join(directory, newDataLink), { force: true });
  await symlink(name, join(directory, newDataLink));
  await rename(join(directory, newDataLink), join(directory, dataLink));
  await linkVisible(directory, payload);
  await removeStale(directory, payload, name);
  return true;
}

function checkPath(path: string): void {
  const parts = path.split('/');
  const bad =
    path === '' ||
    path.length > maxPathLength ||
    path.startsWith('/') ||
    parts.includes('..') ||
    (parts[0] ?? '').startsWith('..') ||
    normalize(path) !== path;
  if (bad) throw new Fault('edged/invalid-path', `invalid path ${JSON.stringify(path)} in a volume`);
}

async function isSame(directory: string, payload: Payload): Promise<boolean> {
  // Undefined where a link to it was left by an agent that was killed: then all is written anew.
  const present = await filesBelow(directory, '').catch(() => undefined);
  if (present?.length !== payload.size) return false;
  for (const [path, file] of payload) {
    const data = await readFile(join(directory, path)).catch(() => undefined);
    if (!data?.equals(file.data)) return false;
  }
  return true;
}

async function filesBelow(directory: string, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(directory, prefix), { withFileTypes: true })) {
    const path = prefix ? `${prefix}/${entry.name}` : entry.name;
    if (entry.isDirectory()) found.push(...(await filesBelow(directory, path)));
    else found.push(path);
  }
  return found;
}

async function newDirectoryName(directory: string, nowMs: number): Promise<string> {
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '_');
  for (let number = 0; ; number++) {
    const name = `..${stamp}.${String(nowMs % 1000).padStart(3, '0')}${number}`;
    if ((await stat(join(directory, name)).catch(() => undefined)) === undefined) return name;
  }
}

async function writeOne(target: string, path: string, file: PayloadFile, fsGroup?: number): Promise<void> {
  const full = join(target, path);
  await mkdir(dirname(full), { recursive: true, mode: 0o755 });
  await writeFile(full, file.data, { mode: 0o600 });
  if (file.uid !== undefined || fsGroup !== undefined) await chown(full, file.uid ?? 0, fsGroup ?? 0);
  await chmod(full, fsGroup === undefined ? file.mode : file.mode | 0o440);
}

async function giveDirectories(directory: string, fsGroup: number): Promise<void> {
  await chown(directory, 0, fsGroup);
  await chmod(directory, 0o2755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await giveDirectories(join(directory, entry.name), fsGroup);
  }
}

function visibleNames(payload: Payload): Set<string> {
  return new Set([...payload.keys()].map((path) => path.split('/')[0] ?? path));
}

async function linkVisible(directory: string, payload: Payload): Promise<void> {
  for (const name of visibleNames(payload)) {
    const link = join(directory, name);
    if ((await readlink(link).catch(() => undefined)) === undefined)
      await symlink(`${dataLink}/${name}`, link);
  }
}

async function removeStale(directory: string, payload: Payload, current: string): Promise<void> {
  const keep = new Set([...visibleNames(payload), dataLink, current]);
  for (const name of await readdir(directory)) {
    if (!keep.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
}
