import { afterEach, expect, test } from 'bun:test';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFault } from '@selvedge/base';
import {
  type DataDirectory,
  dataDirectory,
  lockDataDirectory,
  prepareDataDirectory,
} from './data-directory.ts';
import { defaultSettings, readSettings, writeSettings } from './settings.ts';

const directories: string[] = [];

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function makeDirectory(): Promise<DataDirectory> {
  const parent = await mkdtemp(join(tmpdir(), 'selvedge-data-'));
  directories.push(parent);
  return dataDirectory('d', parent);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((caught: unknown) => caught);
  return isFault(error) ? error.code : '';
}

test('the directory is made for its owner alone', async () => {
  const data = await makeDirectory();
  await prepareDataDirectory(data);
  expect((await stat(data.root)).mode & 0o777).toBe(0o700);
});

test('a file in its place, or too long a path, is a fault before anything starts', async () => {
  const data = await makeDirectory();
  await writeFile(data.root, '');
  expect(await codeOf(prepareDataDirectory(data))).toBe('preflight/data-dir');
  const long = dataDirectory('x'.repeat(100), '/tmp');
  expect(await codeOf(prepareDataDirectory(long))).toBe('preflight/data-dir');
});

test('one command at a time changes it, and one that died does not count', async () => {
  const data = await makeDirectory();
  await prepareDataDirectory(data);
  const lock = await lockDataDirectory(data);
  expect(await codeOf(lockDataDirectory(data))).toBe('cli/data-dir-busy');
  await lock[Symbol.asyncDispose]();
  await writeFile(
    join(data.run, 'lock'),
    JSON.stringify({ pid: 1, startTime: 'another', bootId: 'another' }),
  );
  await using again = await lockDataDirectory(data);
  expect(again).toBeDefined();
});

test('settings are kept, and broken ones are a fault', async () => {
  const data = await makeDirectory();
  await prepareDataDirectory(data);
  expect(await readSettings(data)).toEqual(defaultSettings);
  const settings = { ...defaultSettings, apiPort: 7443, edgeCount: 3 };
  writeSettings(data, settings);
  expect(await readSettings(data)).toEqual(settings);
  for (const text of ['', '{', 'null', '{"apiPort": "x"}', '{"edges": [{}]}']) {
    await writeFile(data.settings, text);
    expect(await codeOf(readSettings(data))).toBe('preflight/data-dir');
  }
});
