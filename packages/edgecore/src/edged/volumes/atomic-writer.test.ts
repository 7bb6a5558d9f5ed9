import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFault } from '@selvedge/base';
import fc from 'fast-check';
import { type PayloadFile, writePayload } from './atomic-writer.ts';

let directory = '';
let nowMs = 1_700_000_000_000;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'atomic-writer-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(
  files: Record<string, string>,
  options: { fsGroup?: number; mode?: number } = {},
): Promise<boolean> {
  const { mode = 0o644, ...rest } = options;
  const payload = new Map(
    Object.entries(files).map(([path, text]): [string, PayloadFile] => [
      path,
      { data: Buffer.from(text), mode },
    ]),
  );
  return writePayload({ directory, payload, nowMs: nowMs++, ...rest });
}

/** What is seen of the volume: each name with its content. */
function shown(): Record<string, string> {
  const names = readdirSync(directory).filter((name) => !name.startsWith('..'));
  return Object.fromEntries(names.map((name) => [name, contentOf(name)]));
}

function contentOf(name: string): string {
  const path = join(directory, name);
  return statSync(path).isDirectory() ? readdirSync(path).join() : readFileSync(path, 'utf8');
}

test('files appear behind links, change together, and go', async () => {
  expect(await write({ a: 'one', 'd/b': 'two', 'd/e/c': 'three' })).toBe(true);
  expect(shown()).toEqual({ a: 'one', d: 'b,e' });
  expect(readFileSync(join(directory, 'd/e/c'), 'utf8')).toBe('three');
  expect(readlinkSync(join(directory, 'a'))).toBe('..data/a');
  const before = readlinkSync(join(directory, '..data'));
  expect(await write({ a: 'changed', f: 'new' })).toBe(true);
  expect(shown()).toEqual({ a: 'changed', f: 'new' });
  expect(readdirSync(directory)).not.toContain(before);
  expect(await write({})).toBe(true);
  expect(shown()).toEqual({});
});

test('the same files again change nothing, also after a link was lost', async () => {
  await write({ a: 'one', b: 'two' });
  const data = readlinkSync(join(directory, '..data'));
  rmSync(join(directory, 'a'));
  expect(await write({ a: 'one', b: 'two' })).toBe(false);
  expect(readlinkSync(join(directory, '..data'))).toBe(data);
  expect(shown()).toEqual({ a: 'one', b: 'two' });
});

test('an attempt that was cut short does not stand in the way', async () => {
  writeFileSync(join(directory, '..data_tmp'), 'half done');
  await write({ a: 'one' });
  expect(shown()).toEqual({ a: 'one' });
  expect(readdirSync(directory)).not.toContain('..data_tmp');
});

test('modes are as asked, and a group may read', async () => {
  const modeOf = (name: string) => statSync(join(directory, name)).mode & 0o7777;
  await write({ a: 'one' }, { mode: 0o400 });
  expect(modeOf('a')).toBe(0o400);
  if (process.getuid?.() !== 0) return; // giving files away takes root
  await write({ b: 'two', 'd/c': 'x' }, { mode: 0o400, fsGroup: 2000 });
  expect([modeOf('b'), statSync(join(directory, 'b')).gid]).toEqual([0o440, 2000]);
  expect([modeOf('d'), statSync(join(directory, 'd')).gid]).toEqual([0o2755, 2000]);
});

test('nothing is written outside the volume, or over its own links', async () => {
  for (const path of [
    '',
    '/a',
    '../a',
    'a/../b',
    'a/..',
    '..data',
    '..x',
    './a',
    'a//b',
    'a'.repeat(5_000),
  ]) {
    const code = await write({ [path]: 'x' }).then(
      () => 'written',
      (error) => isFault(error, 'edged/invalid-path') && 'refused',
    );
    expect([path, code]).toEqual([path, 'refused']);
  }
  expect(readdirSync(directory)).toEqual([]);
});

test('whatever is written in turn is what is read', async () => {
  const name = fc.constantFrom('a', 'b', 'c/d', 'c/e', 'f/g/h');
  const sets = fc.array(fc.dictionary(name, fc.string({ maxLength: 5 })), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(sets, async (inTurn) => {
      for (const files of inTurn) {
        await write(files);
        for (const [path, text] of Object.entries(files)) {
          expect(readFileSync(join(directory, path), 'utf8')).toBe(text);
        }
        const top = new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''));
        expect(new Set(Object.keys(shown()))).toEqual(top);
      }
    }),
    { numRuns: 30 },
  );
});
