// The small parts that all controllers share.

import { describe, expect, test } from 'bun:test';
import { FakeClock } from '@selvedge/base';
import { podMaker } from '../testing/objects.ts';
import { compileLabelMap, compileLabelSelector } from './label-selector.ts';
import { PendingWrites } from './pending-writes.ts';
import { slowStart } from './slow-start.ts';
import { tolerates } from './taints.ts';
import { templateHash } from './template-hash.ts';

describe('pending writes', () => {
  test('an owner waits until all that it wrote has been seen', () => {
    const pending = new PendingWrites(new FakeClock());
    expect(pending.remainingMs('web')).toBe(0);
    pending.expect('web', '+a');
    pending.expect('web', '+b');
    pending.observed('web', '+a');
    expect(pending.remainingMs('web')).toBeGreaterThan(0);
    expect(pending.remainingMs('other')).toBe(0);
    pending.observed('web', '+b');
    expect(pending.remainingMs('web')).toBe(0);
  });

  test('but not for ever, and not for an owner that is gone', async () => {
    const clock = new FakeClock();
    const pending = new PendingWrites(clock);
    pending.expect('web', '+a');
    pending.expect('gone', '+b');
    pending.forget('gone');
    expect(pending.remainingMs('gone')).toBe(0);
    await clock.advance(29_999);
    expect(pending.remainingMs('web')).toBe(1);
    await clock.advance(1);
    expect(pending.remainingMs('web')).toBe(0);
  });
});

describe('slow start', () => {
  test('does it so many times', async () => {
    let count = 0;
    const result = await slowStart(10, async () => void count++);
    expect(result).toEqual({ succeeded: 10, error: undefined });
    expect(count).toBe(10);
  });

  test('a refusal is met in the first small batch', async () => {
    let count = 0;
    const refusal = new Error('quota');
    const refuse = async () => {
      count++;
      throw refusal;
    };
    expect(await slowStart(1_000, refuse)).toEqual({ succeeded: 0, error: refusal });
    expect(count).toBe(1);
    count = 0;
    const refuseLater = async () => {
      if (++count > 5) throw refusal;
    };
    expect(await slowStart(1_000, refuseLater)).toEqual({ succeeded: 5, error: refusal });
    expect(count).toBe(7);
  });
});

describe('label selectors', () => {
  const labels = { app: 'web', size: '10' };

  test('none selects nothing, an empty one everything', () => {
    expect(compileLabelSelector(undefined)(labels)).toBe(false);
    expect(compileLabelSelector({})(labels)).toBe(true);
    expect(compileLabelMap({})(labels)).toBe(false);
    expect(compileLabelMap({ app: 'web' })(labels)).toBe(true);
  });

  test('all parts must agree', () => {
    const matchExpressions = [{ key: 'size', operator: 'In', values: ['5', '10'] }];
    expect(compileLabelSelector({ matchLabels: { app: 'web' }, matchExpressions })(labels)).toBe(true);
    expect(compileLabelSelector({ matchLabels: { app: 'db' }, matchExpressions })(labels)).toBe(false);
  });
});

test('a toleration without key and value tolerates by operator and effect alone', () => {
  const taint = { key: 'kind', effect: 'NoSchedule' };
  expect(tolerates([{ operator: 'Exists' }], taint)).toBe(true);
  expect(tolerates([{ operator: 'Exists', effect: 'NoExecute' }], taint)).toBe(false);
  expect(tolerates([{ key: 'kind' }], taint)).toBe(true);
  expect(tolerates([{}], taint)).toBe(false);
});

test('equal templates have equal hashes, others others', () => {
  expect(templateHash({ a: 1, b: { c: [2], d: undefined } })).toBe(templateHash({ b: { c: [2] }, a: 1 }));
  expect(templateHash({ a: 1 })).not.toBe(templateHash({ a: 2 }));
  expect(templateHash({ a: 1 })).not.toBe(templateHash({ a: 1 }, 1));
});

test('what pods have in common is kept once', () => {
  const pod = podMaker();
  const [one, other] = [pod('one', { labels: { app: 'web' } }), pod('other', { labels: { app: 'web' } })];
  expect(one.shape).toBe(other.shape);
  expect(one.labels).toBe(other.labels);
  expect(pod('third', { requests: { cpu: '1' } }).shape).not.toBe(one.shape);
});
