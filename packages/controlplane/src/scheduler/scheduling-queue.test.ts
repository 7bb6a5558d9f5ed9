import { expect, test } from 'bun:test';
import { type FailedAttempt, SchedulingQueue } from './scheduling-queue.ts';

const queueOf = () =>
  new SchedulingQueue({ initialBackoffMs: 1_000, maxBackoffMs: 4_000, maxUnschedulableMs: 60_000 });
const attempt = (nowMs: number, more: Partial<FailedAttempt> = {}): FailedAttempt => ({
  priority: 0,
  nowMs,
  moved: false,
  followsPods: false,
  ...more,
});
const takeAll = (queue: SchedulingQueue) => {
  const taken: string[] = [];
  for (let key = queue.take(); key !== undefined; key = queue.take()) taken.push(key);
  return taken;
};

test('the important first, then in order of arrival, each once', () => {
  const queue = queueOf();
  queue.add('a', 0);
  queue.add('b', 10);
  queue.add('c', 0);
  queue.add('a', 0);
  queue.add('d', 10);
  expect(queue.readyCount).toBe(4);
  expect(takeAll(queue)).toEqual(['b', 'd', 'a', 'c']);
});

test('a pod that did not fit waits until something changes, and then for its back-off', () => {
  const queue = queueOf();
  queue.failed('a', attempt(0));
  expect(queue.flush(50_000)).toBe(10_000);
  expect(queue.take()).toBeUndefined();
  queue.moveAll();
  expect(queue.flush(50_000)).toBeUndefined();
  expect(takeAll(queue)).toEqual(['a']);
  for (const [nowMs, backoffMs] of [
    [100_000, 2_000],
    [200_000, 4_000],
    [300_000, 4_000],
  ] as const) {
    queue.failed('a', attempt(nowMs));
    queue.moveAll();
    expect(queue.flush(nowMs)).toBe(backoffMs);
    expect(queue.flush(nowMs + backoffMs)).toBeUndefined();
    expect(takeAll(queue)).toEqual(['a']);
  }
});

test('nothing that changes: it is tried again all the same, in the end', () => {
  const queue = queueOf();
  queue.failed('a', attempt(0, { priority: 5 }));
  queue.flush(59_999);
  expect(queue.take()).toBeUndefined();
  queue.flush(60_000);
  expect(queue.take()).toBe('a');
});

test('only those that ask for company are moved by the arrival of other pods', () => {
  const queue = queueOf();
  queue.failed('alone', attempt(0));
  queue.failed('follower', attempt(0, { followsPods: true }));
  queue.moveFollowers();
  queue.flush(1_000);
  expect(takeAll(queue)).toEqual(['follower']);
});

test('a binding that failed is tried again after the back-off alone', () => {
  const queue = queueOf();
  queue.failed('a', attempt(0, { moved: true }));
  expect(queue.flush(0)).toBe(1_000);
  queue.add('a', 0);
  expect(queue.take()).toBeUndefined();
  queue.flush(1_000);
  expect(queue.take()).toBe('a');
});

test('what is forgotten does not come back, and a new pod of the name starts afresh', () => {
  const queue = queueOf();
  queue.failed('a', attempt(0));
  queue.failed('a', attempt(0));
  queue.forget('a');
  queue.moveAll();
  expect(queue.flush(100_000)).toBeUndefined();
  expect(queue.take()).toBeUndefined();
  queue.failed('a', attempt(0, { moved: true }));
  expect(queue.flush(0)).toBe(1_000);
});
