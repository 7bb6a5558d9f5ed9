import { expect, test } from 'bun:test';
import { backoffStepAnnotation } from '../runtime/labels.ts';
import { runtimeContainer, startMs } from '../testing/pods.ts';
import { goDuration, restartBackoff } from './restart-backoff.ts';

function ended(step: number | string, ranMs = 1_000) {
  return runtimeContainer({
    state: 'exited',
    finishedAtMs: startMs + ranMs,
    annotations: step === 0 ? {} : { [backoffStepAnnotation]: String(step) },
  });
}

test('the first restart is immediate, then the wait doubles up to five minutes', () => {
  const delays = [0, 1, 2, 3, 4, 5, 6, 7].map((step) => restartBackoff(ended(step)).delayMs / 1_000);
  expect(delays).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
});

test('the wait counts from the end of the container, and the next start is told its number', () => {
  expect(restartBackoff(ended(2))).toEqual({
    delayMs: 20_000,
    notBeforeMs: startMs + 1_000 + 20_000,
    nextStep: 3,
  });
  expect(restartBackoff(undefined)).toEqual({ delayMs: 0, notBeforeMs: 0, nextStep: 0 });
});

test('ten minutes of running well make the next end the first', () => {
  expect(restartBackoff(ended(7, 599_999)).delayMs).toBe(300_000);
  expect(restartBackoff(ended(7, 600_000))).toMatchObject({ delayMs: 0, nextStep: 1 });
});

test('a container that never started counts from its creation', () => {
  const created = runtimeContainer({
    state: 'exited',
    startedAtMs: 0,
    annotations: { [backoffStepAnnotation]: '1' },
  });
  expect(restartBackoff(created).notBeforeMs).toBe(startMs + 10_000);
});

test('annotations that are no number do not count', () => {
  for (const step of ['x', '-1', '1.5', '']) expect(restartBackoff(ended(step)).delayMs).toBe(0);
  expect(restartBackoff(ended('1000000')).delayMs).toBe(300_000);
});

test('durations read as Go prints them', () => {
  expect([0, 10_000, 80_000, 300_000, 3_600_000, 3_725_000].map(goDuration)).toEqual([
    '0s',
    '10s',
    '1m20s',
    '5m0s',
    '1h0m0s',
    '1h2m5s',
  ]);
});
