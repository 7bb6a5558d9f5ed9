// Part of a volume as a mount of its own, made so that no symbolic link inside the volume can lead out of it.

import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault } from '@selvedge/base';
import { bindMount, isMounted, unmountBelow } from '../../host/mounts.ts';

export interface SubPathOptions {
  readonly volumePath: string;
  readonly subPath: string;
  /** Where the part is mounted for the container. */
  readonly target: string;
  /** Missing directories may be made. */
  readonly create: boolean;
}

const pathOnly = 0o10000000;

/**
 * Opens component after component without following links, then binds what was opened: whatever the containers of the
 * pod change meanwhile, the mount is of something inside the volume.
 */
export async function mountSubPath(options: SubPathOptions): Promise<string> {
  const { target } = options;
  const parts = options.subPath.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || options.subPath.startsWith('/')) {
    throw new Fault(
      'edged/invalid-path',
      `subPath ${JSON.stringify(options.subPath)} must be relative and inside the volume`,
    );
  }
  let handle = await open(options.volumePath, pathOnly);
  try {
    for (const part of parts) {
      const next = await step(handle, part, options);
      await handle.close();
      handle = next;
    }
    const isDirectory = (await handle.stat()).isDirectory();
    if (await isMounted(target)) await unmountBelow(target);
    await rm(target, { recursive: true, force: true });
    await mkdir(isDirectory ? target : dirname(target), { recursive: true, mode: 0o750 });
    if (!isDirectory) await writeFile(target, '');
    await bindMount(procPath(handle), target);
    return target;
  } finally {
    await handle.close();
  }
}

async function step(handle: FileHandle, part: string, options: SubPathOptions): Promise<FileHandle> {
  const path = `${procPath(handle)}/${part}`;
  const flags = pathOnly | constants.O_NOFOLLOW;
  let next = await open(path, flags).catch(() => undefined);
  if (!next && options.create) {
    await mkdir(path, { mode: 0o750 });
    next = await open(path, flags);
  }
  if (!next) throw new Fault('edged/invalid-path', `subPath ${options.subPath} does not exist in the volume`);
  if (!(await next.stat()).isSymbolicLink()) return next;
  await next.close();
  return followInside(handle, part, options);
}

/** Links within the volume are fine: config maps consist of them. Others are not. */
async function followInside(handle: FileHandle, part: string, options: SubPathOptions): Promise<FileHandle> {
  const { readlink, realpath } = await import('node:fs/promises');
  const resolved = await realpath(`${procPath(handle)}/${part}`).catch(() => undefined);
  const root = await readlink(`${procPath(handle)}`).catch(() => undefined);
  const volume = await realpath(options.volumePath);
  if (!resolved || !root || !(resolved === volume || resolved.startsWith(`${volume}/`))) {
    throw new Fault('edged/invalid-path', `subPath ${options.subPath} leads out of the volume`);
  }
  let current = await open(volume, pathOnly);
  for (const name of resolved.slice(volume.length).split('/').filter(Boolean)) {
    const next = await open(`${procPath(current)}/${name}`, pathOnly | constants.O_NOFOLLOW).finally(() =>
      current.close(),
    );
    current = next;
  }
  if (!(await current.stat()).isSymbolicLink()) return current;
  await current.close();
  throw new Fault('edged/invalid-path', `subPath ${options.subPath} leads out of the volume`);
}

/** Reaches the open file itself, by whatever name it has now. */
function procPath(handle: FileHandle): string {
  return `/proc/${process.pid}/fd/${handle.fd}`;
}
