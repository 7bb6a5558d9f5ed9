import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, silentLogger } from '@selvedge/base';
import { runtimeContainer, runtimeState } from '../testing/pods.ts';
import { LogRotation } from './log-rotation.ts';

let directory = '';
let path = '';
const clock = new FakeClock(Date.parse('2026-11-24T03:17:16Z'));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'log-rotation-'));
  path = join(directory, '0.log');
});
afterEach(() => rmSync(directory, { recursive: true }));

function rotation(reopen: (id: string) => void, state: 'running' | 'exited' = 'running'): LogRotation {
  const container = runtimeContainer({ state, logPath: path });
  return new LogRotation({
    runtime: { reopenLog: async (id) => reopen(id) },
    cache: { pods: () => [runtimeState([container])] },
    clock,
    logger: silentLogger,
    maxBytes: 10,
    maxFiles: 3,
  });
}

test('a full log is set aside and begun anew, and only the newest are kept', async () => {
  const reopened: string[] = [];
  const rotate = rotation((id) => {
    reopened.push(id);
    writeFileSync(path, '');
  });
  for (let round = 0; round < 4; round++) {
    writeFileSync(path, `round ${round} ....`);
    await rotate.rotateAll();
    await clock.advance(1_000);
  }
  expect(reopened).toEqual(Array(4).fill('container-1'));
  expect(readdirSync(directory).sort()).toEqual(['0.log', '0.log.20261124-031718', '0.log.20261124-031719']);
  expect(readFileSync(join(directory, '0.log.20261124-031719'), 'utf8')).toStartWith('round 3');
});

test('small logs and those of ended containers stay', async () => {
  writeFileSync(path, 'small');
  await rotation(() => expect.unreachable()).rotateAll();
  writeFileSync(path, 'not so small');
  await rotation(() => expect.unreachable(), 'exited').rotateAll();
  expect(readdirSync(directory)).toEqual(['0.log']);
});

test('a log that the runtime does not reopen stays where the container writes', async () => {
  writeFileSync(path, 'not so small');
  await rotation(() => {
    throw new Error('busy');
  }).rotateAll();
  expect(readdirSync(directory)).toEqual(['0.log']);
});

test('no timer is left when it is over', async () => {
  const rotate = rotation(() => undefined);
  rotate.start();
  await rotate[Symbol.asyncDispose]();
  expect(clock.pendingTimers).toBe(0);
});
