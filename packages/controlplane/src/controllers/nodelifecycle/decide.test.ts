import { describe, expect, test } from 'bun:test';
import type { Stored, Taint, Toleration } from '@selvedge/kubernetes';
import { podMaker, secondsAgo, testNode, testNowMs } from '../testing/objects.ts';
import { gracePeriodMs, observe, silenceDueMs, silentConditions, startupGraceMs } from './conditions.ts';
import { decideEvictions } from './eviction.ts';
import { decideTaints } from './node-taints.ts';

const pod = podMaker();
const now = secondsAgo(0);
const keys = (taints: readonly Taint[] | undefined) =>
  taints?.map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`);

describe('silence', () => {
  test('begins when neither lease nor status bring news, whatever the node’s own clock says', () => {
    const node = testNode('n1');
    const first = observe(node, '2001-01-01T00:00:00Z', undefined, testNowMs);
    expect(silenceDueMs(first, testNowMs)).toBe(gracePeriodMs);
    const same = observe(node, '2001-01-01T00:00:00Z', first, testNowMs + 30_000);
    expect(silenceDueMs(same, testNowMs + 30_000)).toBe(gracePeriodMs - 30_000);
    const renewed = observe(node, '2001-01-01T00:00:10Z', same, testNowMs + 30_000);
    expect(silenceDueMs(renewed, testNowMs + 30_000)).toBe(gracePeriodMs);
  });

  test('a new node gets longer for its first word', () => {
    const mute = testNode('n1', { ready: '' });
    const heartbeat = observe(mute, '', undefined, testNowMs);
    // It was made 600 s ago.
    expect(silenceDueMs(heartbeat, testNowMs - 600_000)).toBe(startupGraceMs);
  });

  test('makes its conditions unknown, once', () => {
    const node = testNode('n1');
    const conditions = silentConditions(node, testNowMs);
    expect(conditions).toMatchObject([
      {
        type: 'Ready',
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      },
      { type: 'MemoryPressure', status: 'Unknown', reason: 'NodeStatusNeverUpdated' },
      { type: 'DiskPressure', status: 'Unknown' },
      { type: 'PIDPressure', status: 'Unknown' },
    ]);
    expect(silentConditions({ ...node, status: { conditions } }, testNowMs)).toEqual([]);
  });
});

describe('taints', () => {
  const foreign = { key: 'kind', value: 'gpu', effect: 'NoSchedule' };

  test('follow readiness, pressure and cordon; others stay', () => {
    expect(decideTaints(testNode('n1', { taints: [foreign] }), now)).toBeUndefined();
    expect(keys(decideTaints(testNode('n1', { ready: 'False', taints: [foreign] }), now))).toEqual([
      'kind:NoSchedule',
      'not-ready:NoSchedule',
      'not-ready:NoExecute',
    ]);
    expect(keys(decideTaints(testNode('n1', { ready: 'Unknown' }), now))).toEqual([
      'unreachable:NoSchedule',
      'unreachable:NoExecute',
    ]);
    expect(keys(decideTaints(testNode('n1', { unschedulable: true }), now))).toEqual([
      'unschedulable:NoSchedule',
    ]);
    const pressed = testNode('n1');
    const pressure = { type: 'DiskPressure', status: 'True' };
    const status = { ...pressed.status, conditions: [...(pressed.status?.conditions ?? []), pressure] };
    expect(keys(decideTaints({ ...pressed, status }, now))).toEqual(['disk-pressure:NoSchedule']);
  });

  test('go when their reason goes, and keep the time they came at while it lasts', () => {
    const taints = [
      { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule', timeAdded: secondsAgo(60) },
      { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: secondsAgo(60) },
      foreign,
    ];
    expect(decideTaints(testNode('n1', { taints }), now)).toEqual([foreign]);
    expect(decideTaints(testNode('n1', { ready: 'Unknown', taints }), now)).toBeUndefined();
    expect(keys(decideTaints(testNode('n1', { ready: 'False', taints }), now))).toEqual([
      'kind:NoSchedule',
      'not-ready:NoSchedule',
      'not-ready:NoExecute',
    ]);
  });
});

describe('evictions', () => {
  const key = 'node.kubernetes.io/unreachable';
  const silent = (secondsSince: number, labels = {}) =>
    testNode('n1', {
      ready: 'Unknown',
      labels,
      taints: [{ key, effect: 'NoExecute', timeAdded: secondsAgo(secondsSince) }],
    });
  const tolerating = (name: string, ...tolerations: Toleration[]) =>
    pod(name, { nodeName: 'n1', createdSecondsAgo: 1_000, spec: { tolerations } });
  const patient = (name: string, tolerationSeconds?: number) =>
    tolerating(name, {
      key,
      operator: 'Exists',
      ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
    });
  const decide = (node: Stored<ReturnType<typeof testNode>>, ...pods: ReturnType<typeof pod>[]) => {
    const { evict, againMs } = decideEvictions(node, pods, testNowMs);
    return { evict: evict.map((one) => one.name), againMs };
  };

  test('pods go when their patience ends: at once, after a time, or never', () => {
    const pods = [tolerating('impatient'), patient('patient', 300), patient('forever'), patient('short', 60)];
    expect(decide(silent(100), ...pods)).toEqual({ evict: ['impatient', 'short'], againMs: 200_000 });
    expect(decide(silent(301), ...pods)).toEqual({
      evict: ['impatient', 'patient', 'short'],
      againMs: undefined,
    });
    expect(decide(testNode('n1'), ...pods)).toEqual({ evict: [], againMs: undefined });
  });

  test('the shortest of several patiences counts, from when the pod was there', () => {
    const twice = tolerating(
      'twice',
      { key, operator: 'Exists', tolerationSeconds: 300 },
      { key, operator: 'Exists', tolerationSeconds: 50 },
    );
    expect(decide(silent(40), twice)).toEqual({ evict: [], againMs: 10_000 });
    const late = pod('late', {
      nodeName: 'n1',
      createdSecondsAgo: 10,
      spec: { tolerations: [{ key, operator: 'Exists', tolerationSeconds: 30 }] },
    });
    expect(decide(silent(100), late)).toEqual({ evict: [], againMs: 20_000 });
  });

  test('finished and leaving pods are left alone', () => {
    expect(
      decide(
        silent(100),
        pod('done', { nodeName: 'n1', phase: 'Succeeded' }),
        pod('leaving', { nodeName: 'n1', deleted: true }),
      ).evict,
    ).toEqual([]);
  });

  test('an edge keeps its pods while it is offline, but people’s taints drive them out there too', () => {
    const edge = { 'node-role.kubernetes.io/edge': '' };
    expect(decide(silent(100_000, edge), tolerating('a'), patient('b', 10)).evict).toEqual([]);
    const tainted = testNode('n1', { labels: edge, taints: [{ key: 'kind', effect: 'NoExecute' }] });
    expect(decide(tainted, tolerating('a')).evict).toEqual(['a']);
  });
});
