import { describe, expect, test } from 'bun:test';
import type { ReplicaSet, Stored } from '@selvedge/kubernetes';
import { podMaker, testNowMs, testReplicaSet } from '../testing/objects.ts';
import { decideReplicas, decideStatus, nextAvailabilityMs, rankForDeletion, statusPatch } from './decide.ts';

const pod = podMaker();
const set = (replicas: number, more: object = {}): Stored<ReplicaSet> => {
  const made = testReplicaSet('web', { replicas });
  return { ...made, spec: { ...made.spec, ...more } } as Stored<ReplicaSet>;
};
const running = (name: string, readySeconds?: number) =>
  pod(name, { nodeName: 'n1', ...(readySeconds === undefined ? {} : { readySeconds }) });

describe('how many', () => {
  test('missing ones are made, in portions', () => {
    expect(decideReplicas(set(3), [running('a')], testNowMs)).toEqual({ create: 2, remove: [] });
    expect(decideReplicas(set(2_000), [], testNowMs).create).toBe(500);
  });

  test('finished and leaving pods do not count', () => {
    const pods = [
      running('a'),
      pod('done', { nodeName: 'n1', phase: 'Succeeded' }),
      pod('failed', { nodeName: 'n1', phase: 'Failed' }),
      pod('leaving', { nodeName: 'n1', deleted: true }),
    ];
    expect(decideReplicas(set(2), pods, testNowMs).create).toBe(1);
    expect(decideReplicas(set(1), pods, testNowMs)).toEqual({ create: 0, remove: [] });
  });

  test('the least valuable go', () => {
    const pods = [running('ready', 100), running('not ready'), pod('unassigned')];
    const gone = (replicas: number) =>
      decideReplicas(set(replicas), pods, testNowMs).remove.map((one) => one.name);
    expect(gone(2)).toEqual(['unassigned']);
    expect(gone(1)).toEqual(['unassigned', 'not ready']);
    expect(gone(0)).toHaveLength(3);
  });
});

describe('whose turn it is to go', () => {
  const order = (...pods: ReturnType<typeof pod>[]) =>
    rankForDeletion(pods, testNowMs).map((one) => one.name);

  test('pending before running, cheap before dear', () => {
    const cost = 'controller.kubernetes.io/pod-deletion-cost';
    expect(
      order(
        pod('dear', { nodeName: 'n1', readySeconds: 10, annotations: { [cost]: '5' } }),
        pod('cheap', { nodeName: 'n1', readySeconds: 10, annotations: { [cost]: '-5' } }),
        pod('pending', { nodeName: 'n1', phase: 'Pending' }),
      ),
    ).toEqual(['pending', 'cheap', 'dear']);
  });

  test('crowded nodes first, then the lately ready, the often restarted, the young', () => {
    const on = (name: string, nodeName: string, traits: object = {}) =>
      pod(name, { nodeName, readySeconds: 100, ...traits });
    expect(order(on('lonely', 'n2'), on('crowded', 'n1'), on('crowded too', 'n1'))[2]).toBe('lonely');
    expect(order(on('long', 'n1'), on('lately', 'n1', { readySeconds: 2 }))).toEqual(['lately', 'long']);
    expect(order(on('steady', 'n1'), on('restarted', 'n1', { restarts: 3 }))).toEqual([
      'restarted',
      'steady',
    ]);
    expect(order(on('old', 'n1', { createdSecondsAgo: 1_000 }), on('young', 'n1'))).toEqual(['young', 'old']);
  });
});

describe('status', () => {
  const statusOf = (
    replicaSet: Stored<ReplicaSet>,
    pods: ReturnType<typeof pod>[],
    failure?: { reason: 'FailedCreate'; message: string },
  ) => decideStatus({ replicaSet, pods, nowMs: testNowMs, failure, transitionTime: '2026-01-01T00:00:00Z' });

  test('counts what is there, labelled, ready, and ready for long enough', () => {
    const labels = { app: 'web', 'pod-template-hash': 'web' };
    const pods = [
      pod('a', { nodeName: 'n1', readySeconds: 10, labels }),
      pod('b', { nodeName: 'n1', readySeconds: 2, labels }),
      pod('c', { nodeName: 'n1', labels: { app: 'web' } }),
      pod('leaving', { nodeName: 'n1', readySeconds: 10, labels, deleted: true }),
    ];
    expect(statusOf(set(3, { minReadySeconds: 5 }), pods)).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 1,
      observedGeneration: 1,
      conditions: [],
    });
    expect(nextAvailabilityMs(5, pods, testNowMs)).toBe(3_000);
    expect(nextAvailabilityMs(0, pods, testNowMs)).toBeUndefined();
  });

  test('a failure is told once and taken back when it is over', () => {
    const failure = { reason: 'FailedCreate', message: 'exceeded quota' } as const;
    const failed = statusOf(set(1), [], failure);
    expect(failed.conditions).toEqual([
      { type: 'ReplicaFailure', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z', ...failure },
    ]);
    const after = {
      ...set(1),
      status: { replicas: 0, observedGeneration: 1, conditions: [...failed.conditions] },
    };
    expect(statusPatch(after, statusOf(after, [], { ...failure, message: 'again' }))).toBeUndefined();
    expect(statusPatch(after, statusOf(after, []))).toMatchObject({ status: { conditions: null } });
  });

  test('what the server has already is not written', () => {
    const present = set(2);
    const labels = { app: 'web', 'pod-template-hash': 'web' };
    const pods = [1, 2].map((index) => pod(`p${index}`, { nodeName: 'n1', readySeconds: 5, labels }));
    const settled = { ...present, status: { ...present.status, replicas: 2, fullyLabeledReplicas: 2 } };
    expect(statusPatch(settled, statusOf(settled, pods))).toBeUndefined();
    expect(statusPatch(settled, statusOf(settled, []))).toMatchObject({
      status: { replicas: 0, readyReplicas: null },
    });
  });
});
