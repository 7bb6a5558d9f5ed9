import { expect, test } from 'bun:test';
import { FakeClock } from './clock.ts';
import { runWorkers, WorkQueue } from './work-queue.ts';

test('a key added while it is worked on runs once more afterwards', async () => {
  const queue = new WorkQueue<string>({ clock: new FakeClock() });
  queue.add('a');
  const key = await queue.take();
  queue.add('a');
  queue.add('a');
  expect(queue.length).toBe(0);
  queue.done(key as string);
  expect(await queue.take()).toBe('a');
  queue.done('a');
  expect(queue.length).toBe(0);
});

test('a failing key is retried with growing delays, and others are not held up', async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue<string>({ clock, retryInitialMs: 100, retryMaxMs: 1_000 });
  const stop = new AbortController();
  const seen: string[] = [];
  const running = runWorkers({
    queue,
    concurrency: 1,
    signal: stop.signal,
    onError: () => undefined,
    reconcile: async (key) => {
      seen.push(key);
      if (key === 'bad' && seen.filter((one) => one === 'bad').length < 3) throw new Error('not yet');
      return undefined;
    },
  });
  queue.add('bad');
  queue.add('good');
  await clock.advance(0);
  expect(seen).toEqual(['bad', 'good']);
  await clock.advance(130);
  await clock.advance(300);
  expect(seen).toEqual(['bad', 'good', 'bad', 'bad']);
  await clock.advance(10_000);
  expect(seen.length).toBe(4);
  stop.abort();
  await running;
  expect(clock.pendingTimers).toBe(0);
});

test('of several delays for one key the earliest wins', async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue<string>({ clock });
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 300);
  await clock.advance(100);
  expect(queue.length).toBe(1);
  expect(clock.pendingTimers).toBe(0);
});
