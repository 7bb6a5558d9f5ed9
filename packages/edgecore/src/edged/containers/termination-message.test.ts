import { afterEach, beforeEach, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtimeContainer } from '../testing/pods.ts';
import { terminationMessage, terminationMessageDirectory } from './termination-message.ts';

let directory = '';
let own = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'last-words-'));
  own = terminationMessageDirectory(directory, 'c');
  mkdirSync(own, { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true }));

interface Words {
  readonly file?: string;
  readonly log?: string;
  readonly exitCode?: number;
  readonly policy?: string;
  readonly mounts?: { readonly containerPath: string; readonly hostPath: string }[];
}

function message({
  file,
  log,
  exitCode = 1,
  policy = 'FallbackToLogsOnError',
  mounts = [],
}: Words): Promise<string> {
  const path = '/dev/termination-log';
  const hostPath = join(own, 'words');
  const logPath = join(directory, 'log');
  if (file !== undefined) writeFileSync(hostPath, file);
  if (log !== undefined) writeFileSync(logPath, log);
  return terminationMessage(
    runtimeContainer({
      exitCode,
      logPath,
      mounts: [...mounts, { containerPath: path, hostPath }],
      annotations: {
        'io.kubernetes.container.terminationMessagePath': path,
        'io.kubernetes.container.terminationMessagePolicy': policy,
      },
    }),
    directory,
  );
}

function logged(...lines: string[]): string {
  return lines.map((line) => `2026-11-24T03:17:16.000000001Z stdout F ${line}\n`).join('');
}

test('the file counts first, up to its limit', async () => {
  expect(await message({ file: 'gone', log: logged('x') })).toBe('gone');
  expect((await message({ file: 'x'.repeat(5_000) })).length).toBe(4_096);
});

test('the log’s end stands in after a failure, if the policy says so', async () => {
  const log = logged('one', 'two');
  expect(await message({ file: '', log })).toBe('one\ntwo\n');
  expect(await message({ file: '', log, exitCode: 0 })).toBe('');
  expect(await message({ file: '', log, policy: 'File' })).toBe('');
  expect(await message({ log })).toBe('one\ntwo\n');
  expect(await message({ file: '', log: '' })).toBe('');
});

test('of a long log the last lines count, whole and no more than their limit', async () => {
  const many = Array.from({ length: 200 }, (_, index) => `line ${index}`);
  const shown = await message({ file: '', log: logged(...many) });
  expect(shown.split('\n').slice(0, 2)).toEqual(['line 120', 'line 121']);
  expect(shown.endsWith('line 199\n')).toBe(true);
  const long = await message({ file: '', log: logged('a'.repeat(5_000), 'end') });
  expect(long.length).toBe(2_048);
  expect(long.endsWith('a\nend\n')).toBe(true);
});

test('a line that the runtime has cut in pieces is one line', async () => {
  const log = '2026-11-24T03:17:16Z stdout P one, \n2026-11-24T03:17:16Z stdout F two\n';
  expect(await message({ file: '', log })).toBe('one, two\n');
});

test('characters that the limit cuts in two do not become others', async () => {
  expect(await message({ file: '', log: logged('é'.repeat(2_000)) })).toBe(`${'é'.repeat(1_023)}\n`);
  expect(await message({ file: `x${'é'.repeat(4_000)}` })).toBe(`x${'é'.repeat(2_047)}`);
});

test('what a volume has at the path of the last words is not read', async () => {
  const hostPath = join(directory, 'in-a-volume');
  writeFileSync(hostPath, 'of the volume');
  const mounts = [{ containerPath: '/dev/termination-log', hostPath }];
  expect(await message({ mounts, file: 'own words' })).toBe('own words');
});

const strange: Record<string, (path: string) => void> = {
  'a directory': (path) => mkdirSync(path),
  'a pipe that nobody writes to': (path) => execFileSync('mkfifo', [path]),
  'a link out of it': (path) => symlinkSync('/etc/hostname', path),
};

test.each(Object.entries(strange))('%s in place of the file or the log is told, not read', async (_, put) => {
  put(join(own, 'words'));
  expect(await message({})).toStartWith(`Error on reading termination log ${join(own, 'words')}: `);
  rmSync(join(own, 'words'), { recursive: true });
  put(join(directory, 'log'));
  expect(await message({})).toStartWith('Error on reading termination message from logs: ');
});
