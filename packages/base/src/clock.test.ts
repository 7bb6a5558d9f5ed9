import { expect, test } from 'bun:test';
import { sleep, systemClock } from './clock.ts';

test('a wait of more than a system timer holds does not end at once', async () => {
  let fired = 0;
  const waits = [2 ** 31 - 1, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY];
  const timers = waits.map((delayMs) => systemClock.after(delayMs, () => fired++));
  await sleep(systemClock, 20);
  for (const timer of timers) timer.cancel();
  expect(fired).toBe(0);
});

test('a short wait ends, unless it is given up', async () => {
  let fired = 0;
  systemClock.after(0, () => fired++);
  systemClock.after(5, () => fired++).cancel();
  await sleep(systemClock, 10);
  expect(fired).toBe(1);
});
