import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdir, mkdtemp, open, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canMount } from '../edged/testing/can-mount.ts';
import { bindMount, isMounted, mountTmpfs, unmountBelow } from './mounts.ts';

const real = test.skipIf(!canMount);
const pathOnly = 0o10000000;

let directory = '';
const inside = (...names: string[]) => join(directory, ...names);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mounts-'));
});

afterEach(async () => {
  if (canMount) await unmountBelow(directory);
  await rm(directory, { recursive: true, force: true });
});

real('what is bound is the open directory, not what has its name by then', async () => {
  await mkdir(inside('volume/part'), { recursive: true });
  await writeFile(inside('volume/part/own'), '');
  await mkdir(inside('target'));
  const handle = await open(inside('volume/part'), pathOnly);
  // Whoever looks the name up from here on finds something else, however fast the kernel is asked.
  await mountTmpfs(inside('volume/part'), []);
  await writeFile(inside('volume/part/foreign'), '');
  await bindMount(`/proc/${process.pid}/fd/${handle.fd}`, inside('target'));
  await handle.close();
  expect(await readdir(inside('target'))).toEqual(['own']);
});

real('mounts within mounts, and by way of a link, are all taken away', async () => {
  await mkdir(inside('root'));
  await symlink('root', inside('link'));
  await mkdir(inside('root/one two'));
  await mountTmpfs(inside('link/one two'), []);
  await mkdir(inside('root/one two/three'));
  await mountTmpfs(inside('link/one two/three'), []);
  expect(await isMounted(inside('link/one two/three'))).toBe(true);
  await unmountBelow(inside('link'));
  expect(await isMounted(inside('root/one two'))).toBe(false);
});
