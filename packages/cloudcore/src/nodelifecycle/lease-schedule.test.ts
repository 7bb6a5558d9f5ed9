import { expect, test } from 'bun:test';
import { LeaseSchedule } from './lease-schedule.ts';

const options = { minIntervalMs: 10_000, maxIntervalMs: 18_000, renewalsPerSecond: 100 };

test('a node is due when it connects and then once in each interval, until it is removed', () => {
  const schedule = new LeaseSchedule(options);
  schedule.add('a');
  expect(schedule.take(0, 10)).toEqual(['a']);
  expect(schedule.take(9_999, 10)).toEqual([]);
  expect(schedule.take(10_000, 10)).toEqual(['a']);
  schedule.remove('a');
  expect(schedule.take(60_000, 10)).toEqual([]);
});

test('the interval follows the size of the fleet within its bounds', () => {
  const schedule = new LeaseSchedule(options);
  const sizes: number[] = [];
  for (let node = 0; node < 3_000; node++) {
    schedule.add(`node-${node}`);
    if (node === 99 || node === 1_499 || node === 2_999) sizes.push(schedule.intervalMs);
  }
  expect(sizes).toEqual([10_000, 15_000, 18_000]);
});

test('no turn takes more than it may, and the rest follows, each node once', () => {
  const schedule = new LeaseSchedule(options);
  for (let node = 0; node < 250; node++) schedule.add(`node-${node}`);
  const turns = [0, 100, 200, 300].map((nowMs) => schedule.take(nowMs, 100));
  expect(turns.map((turn) => turn.length)).toEqual([100, 100, 50, 0]);
  expect(new Set(turns.flat()).size).toBe(250);
});

test('who connects is served before those that are only due', () => {
  const schedule = new LeaseSchedule(options);
  schedule.add('old');
  schedule.take(0, 10);
  schedule.add('new');
  expect(schedule.take(5_000, 10)).toEqual(['new']);
  expect(schedule.take(10_000, 10)).toEqual(['old']);
});
