// The order in which pods start when there are more than slots.

import { expect, test } from 'bun:test';
import type { Clock } from '@selvedge/base';
import { StartSlots } from './start-slots.ts';

function fixture(slots: number) {
  const timers = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after: (_, callback) => {
      timers.add(callback);
      return { cancel: () => void timers.delete(callback) };
    },
  };
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const starts = new StartSlots({ clock, slots, longestHoldMs: 1_000 });
  const start = (kind: 'container' | 'sandbox', name: string) =>
    starts.run(kind, () => {
      begun.push(name);
      return new Promise<void>((resolve, reject) =>
        ends.set(name, (error) => (error ? reject(error) : resolve())),
      );
    });
  const end = async (name: string, error?: Error) => {
    ends.get(name)?.(error);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return { timers, begun, start, end };
}

test('as many as there are slots, containers before sandboxes, each in order', async () => {
  const { begun, start, end, timers } = fixture(2);
  for (const name of ['s1', 's2', 's3', 's4']) void start('sandbox', name);
  expect(begun).toEqual(['s1', 's2']);
  void start('container', 'c1');
  void start('container', 'c2');
  await end('s1');
  expect(begun).toEqual(['s1', 's2', 'c1']);
  for (const name of ['s2', 'c1', 'c2', 's3', 's4']) await end(name);
  expect(begun).toEqual(['s1', 's2', 'c1', 'c2', 's3', 's4']);
  expect(timers.size).toBe(0);
  void start('sandbox', 's5');
  void start('sandbox', 's6');
  expect(begun.slice(-2)).toEqual(['s5', 's6']);
});

test('a start that fails gives its slot back and tells why', async () => {
  const { begun, start, end } = fixture(1);
  const failed = start('sandbox', 's1').catch((error: Error) => error.message);
  void start('sandbox', 's2');
  await end('s1', new Error('no network'));
  expect(await failed).toBe('no network');
  expect(begun).toEqual(['s1', 's2']);
});

test('a start that hangs does not hold up the others, and gives back one slot only', async () => {
  const { begun, start, end, timers } = fixture(1);
  void start('sandbox', 'hangs');
  void start('sandbox', 's2');
  for (const fire of timers) fire();
  await end('');
  expect(begun).toEqual(['hangs', 's2']);
  void start('sandbox', 's3');
  await end('hangs');
  expect(begun).toEqual(['hangs', 's2']);
  await end('s2');
  expect(begun).toEqual(['hangs', 's2', 's3']);
});
