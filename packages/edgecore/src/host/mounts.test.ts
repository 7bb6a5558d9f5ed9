import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdir, mkdtemp, open, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { canMount } from '../edged/testing/can-mount.ts';
import { bindMount, isMounted, mountTmpfs, parseMountinfo, unmountBelow } from './mounts.ts';

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

test('the table names paths with blanks, line ends and backslashes in octal', () => {
  const table = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '23 22 0:5 /part\\040one /mnt/a\\040b\\011c\\012d\\134e rw - tmpfs tmpfs rw',
    '24 22 0:6 / /mnt/größe rw shared:2 master:3 - tmpfs tmpfs rw',
    '',
  ];
  expect(parseMountinfo(table.join('\n'))).toEqual(['/', '/mnt/a b\tc\nd\\e', '/mnt/größe']);
  expect(parseMountinfo('')).toEqual([]);
});

test('every path is read back as the kernel writes it, and whatever else stands there is no path', () => {
  const path = fc.string({ unit: 'binary', minLength: 1 }).map((name) => `/${name}`);
  const inOctal = (text: string) =>
    text.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
  fc.assert(
    fc.property(fc.array(path), (paths) => {
      const lines = paths.map((item) => `24 22 0:6 / ${inOctal(item)} rw - tmpfs tmpfs rw\n`);
      expect(parseMountinfo(lines.join(''))).toEqual(paths);
    }),
  );
  fc.assert(fc.property(fc.string(), (table) => parseMountinfo(table).every((item) => item !== '')));
});
