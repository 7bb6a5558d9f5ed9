import { expect, test } from 'bun:test';
import { Fault } from '@selvedge/base';
import { type RunningProgram, runUntilStopped } from './run-program.ts';

function program(events: string[]): RunningProgram {
  return {
    finished: new Promise(() => undefined),
    async [Symbol.asyncDispose]() {
      events.push('stopped');
    },
  };
}

test('the first signal ends a start that is under way', async () => {
  const stop = new AbortController();
  const running = runUntilStopped(
    (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      ),
    { signal: stop.signal },
  );
  stop.abort();
  expect(await running).toBe(0);
});

test('a program that had started when the signal came is stopped again', async () => {
  const stop = new AbortController();
  const events: string[] = [];
  const starting = Promise.withResolvers<RunningProgram>();
  const running = runUntilStopped(() => starting.promise, { signal: stop.signal });
  stop.abort();
  starting.resolve(program(events));
  expect(await running).toBe(0);
  expect(events).toEqual(['stopped']);
});

test('a start that fails by itself is told, and a program that runs ends by a signal', async () => {
  const stop = new AbortController();
  const broken = new Fault('preflight/port', 'the port is taken');
  await expect(runUntilStopped(() => Promise.reject(broken), { signal: stop.signal })).rejects.toBe(broken);
  const events: string[] = [];
  const running = runUntilStopped(async () => program(events), { signal: stop.signal });
  await Promise.resolve();
  stop.abort();
  expect(await running).toBe(0);
  expect(events).toEqual(['stopped']);
});
