import { afterEach, expect, test } from 'bun:test';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFault, systemClock } from '@selvedge/base';
import { type ProcessPlan, ProcessTable } from './process-table.ts';

const directories: string[] = [];

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function openTable(): Promise<{ table: ProcessTable; root: string }> {
  const root = await mkdtemp(join(tmpdir(), 'selvedge-processes-'));
  directories.push(root);
  const data = { root, run: join(root, 'run'), logs: join(root, 'logs') };
  await mkdir(data.run);
  await mkdir(data.logs);
  return { table: new ProcessTable({ data, clock: systemClock, searchPath: process.env.PATH ?? '' }), root };
}

/** Runs until it is ended; the directory in its arguments tells it from any other. */
function sleeper(root: string): ProcessPlan {
  return { name: 'sleeper', node: 'edge-1', command: ['tail', '-f', join(root, 'run')] };
}

test('a started process is remembered, found and stopped', async () => {
  const { table, root } = await openTable();
  const record = await table.start({
    ...sleeper(root),
    command: ['tail', '-f', '/dev/null', join(root, 'x')],
  });
  expect((await table.find('sleeper'))?.pid).toBe(record.pid);
  expect((await table.list()).map((state) => state.record.name)).toEqual(['sleeper']);
  const signal = new AbortController().signal;
  const isReady = async () => (await readFile(record.log, 'utf8')).includes('cannot open');
  await table.waitUntilReady(record, { isReady, timeoutMs: 10_000, signal });
  await table.stop('sleeper', 5_000);
  expect((await table.find('sleeper'))?.pid).toBeUndefined();
  await table.forget('sleeper');
  expect(await table.list()).toEqual([]);
});

test('a process that was restarted by hand is found by its command', async () => {
  const { table, root } = await openTable();
  const plan: ProcessPlan = {
    name: 'sleeper',
    node: undefined,
    command: ['tail', '-f', '/dev/null', join(root, 'y')],
  };
  await table.start(plan);
  await table.stop('sleeper', 5_000);
  const again = Bun.spawn([...plan.command], { stderr: 'ignore' });
  expect((await table.find('sleeper'))?.pid).toBe(again.pid);
  await table.stop('sleeper', 5_000);
  await again.exited;
  expect((await table.find('sleeper'))?.pid).toBeUndefined();
});

test('waiting for a process that ends tells the end of its log', async () => {
  const { table } = await openTable();
  const record = await table.start({ name: 'liar', node: undefined, command: ['ls', '/does/not/exist'] });
  const signal = new AbortController().signal;
  const failure = await table
    .waitUntilReady(record, { isReady: async () => false, timeoutMs: 10_000, signal })
    .catch((error: unknown) => error);
  expect(isFault(failure, 'cli/process-ended') && failure.hint).toContain('/does/not/exist');
});

test('a program that is not there is a fault', async () => {
  const { table } = await openTable();
  const failure = await table
    .start({ name: 'none', node: undefined, command: ['/does/not/exist'] })
    .catch((error: unknown) => error);
  expect(isFault(failure, 'cli/program-failed')).toBe(true);
});
