import { describe, expect, test } from 'bun:test';
import { podMaker, secondsAgo, testNowMs } from '../testing/objects.ts';
import { budgetPatch, type DisruptionBudget, decideBudget } from './decide.ts';

const pod = podMaker();
const owners = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'web', controller: true }];
const healthy = (name: string) => pod(name, { nodeName: 'n1', readySeconds: 60, owners });
const four = ['a', 'b', 'c', 'd'].map(healthy);

const budgetOf = (spec: DisruptionBudget['spec'], status?: DisruptionBudget['status']): DisruptionBudget => ({
  metadata: { name: 'web', namespace: 'default', uid: 'budget', resourceVersion: '7', generation: 1 },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  ...(status ? { status } : {}),
});
const decide = (budget: DisruptionBudget, pods = four, scale: number | undefined = 4) =>
  decideBudget({ budget, pods, scaleOf: () => scale, nowMs: testNowMs });

describe('how many can be spared', () => {
  test('above a number that must be there', () => {
    expect(decide(budgetOf({ minAvailable: 3 })).status).toMatchObject({
      currentHealthy: 4,
      desiredHealthy: 3,
      expectedPods: 4,
      disruptionsAllowed: 1,
      conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }],
    });
    expect(decide(budgetOf({ minAvailable: 5 })).status).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ status: 'False', reason: 'InsufficientPods' }],
    });
  });

  test('of what the controllers should have, not of what happens to be there', () => {
    expect(decide(budgetOf({ maxUnavailable: 1 }), four, 6).status).toMatchObject({
      desiredHealthy: 5,
      expectedPods: 6,
      disruptionsAllowed: 0,
    });
    expect(decide(budgetOf({ maxUnavailable: '30%' })).status).toMatchObject({
      desiredHealthy: 2,
      disruptionsAllowed: 2,
    });
    expect(decide(budgetOf({ minAvailable: '51%' })).status).toMatchObject({
      desiredHealthy: 3,
      disruptionsAllowed: 1,
    });
    expect(decide(budgetOf({ maxUnavailable: 1 }), four, undefined).status).toMatchObject({
      expectedPods: 4,
    });
  });

  test('pods that do not work or are leaving are not healthy; without pods there is nothing to spare', () => {
    const pods = [
      healthy('a'),
      pod('not ready', { nodeName: 'n1', owners }),
      pod('leaving', { nodeName: 'n1', readySeconds: 60, deleted: true, owners }),
    ];
    expect(decide(budgetOf({ minAvailable: 0 }), pods).status).toMatchObject({
      currentHealthy: 1,
      disruptionsAllowed: 1,
    });
    expect(decide(budgetOf({ minAvailable: 0 }), []).status).toMatchObject({ disruptionsAllowed: 0 });
  });
});

describe('evictions under way', () => {
  test('count as gone until they are, or have failed', () => {
    const disruptedPods = { a: secondsAgo(10), b: secondsAgo(121), gone: secondsAgo(1) };
    const { status, againMs } = decide(budgetOf({ minAvailable: 2 }, { disruptedPods }));
    expect(status).toMatchObject({
      currentHealthy: 3,
      disruptionsAllowed: 1,
      disruptedPods: { a: secondsAgo(10) },
    });
    expect(againMs).toBe(110_000);
  });
});

test('what the server has is not written; what is written names the version it rests on and what is over', () => {
  const budget = budgetOf({ minAvailable: 3 });
  const { status } = decide(budget);
  expect(budgetPatch({ ...budget, status }, status)).toBeUndefined();
  const before = { ...budget, status: { ...status, disruptedPods: { gone: secondsAgo(1) } } };
  expect(budgetPatch(before, decide(before).status)).toMatchObject({
    metadata: { resourceVersion: '7' },
    status: { disruptionsAllowed: 1, disruptedPods: { gone: null } },
  });
});
