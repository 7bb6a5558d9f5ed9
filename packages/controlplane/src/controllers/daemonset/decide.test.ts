import { describe, expect, test } from 'bun:test';
import type { DaemonSet, Node, Stored } from '@selvedge/kubernetes';
import { type PodTraits, podMaker, testNode, testNowMs } from '../testing/objects.ts';
import { decideDaemons, statusPatch } from './decide.ts';
import { decideHistory, type Revision, surplusRevisions } from './history.ts';
import { templateFor } from './placement.ts';

const pod = podMaker();

function daemonSet(spec: object = {}, podSpec: object = {}): Stored<DaemonSet> {
  return {
    metadata: {
      name: 'agent',
      namespace: 'default',
      uid: 'uid of agent',
      resourceVersion: '1',
      generation: 1,
      annotations: { 'deprecated.daemonset.template.generation': '4' },
    },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: {
        metadata: { labels: { app: 'agent' } },
        spec: { containers: [{ name: 'main', image: 'image:1' }], ...podSpec },
      },
      ...spec,
    },
  };
}

const daemon = (name: string, nodeName: string, hash = 'new', traits: PodTraits = {}) =>
  pod(name, {
    nodeName,
    readySeconds: 60,
    labels: { app: 'agent', 'controller-revision-hash': hash },
    ...traits,
  });
const three = ['n1', 'n2', 'n3'].map((name) => testNode(name));
const decide = (set: Stored<DaemonSet>, nodes: Stored<Node>[], pods: ReturnType<typeof pod>[] = []) => {
  const { create, remove, status } = decideDaemons({
    daemonSet: set,
    nodes,
    pods,
    hash: 'new',
    nowMs: testNowMs,
  });
  return { create, remove: remove.map((one) => one.name), status };
};

describe('where pods belong', () => {
  test('one on every node, those that take no ordinary pods among them', () => {
    const nodes = [
      testNode('plain'),
      testNode('cordoned', {
        unschedulable: true,
        taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
      }),
      testNode('silent', {
        ready: 'Unknown',
        taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }],
      }),
      testNode('special', { taints: [{ key: 'kind', value: 'gpu', effect: 'NoSchedule' }] }),
    ];
    expect(decide(daemonSet(), nodes).create).toEqual(['plain', 'cordoned', 'silent']);
    const tolerant = daemonSet({}, { tolerations: [{ operator: 'Exists' }] });
    expect(decide(tolerant, nodes).create).toEqual(['plain', 'cordoned', 'silent', 'special']);
  });

  test('nodes that its selector and affinity choose', () => {
    const nodes = [testNode('n1', { labels: { disk: 'ssd' } }), testNode('n2')];
    expect(decide(daemonSet({}, { nodeSelector: { disk: 'ssd' } }), nodes).create).toEqual(['n1']);
    const terms = [{ matchExpressions: [{ key: 'disk', operator: 'DoesNotExist' }] }];
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
    };
    expect(decide(daemonSet({}, { affinity }), nodes).create).toEqual(['n2']);
  });

  test('a pod goes where it no longer belongs; NoSchedule alone lets it stay', () => {
    const selective = daemonSet({}, { nodeSelector: { disk: 'ssd' } });
    expect(decide(selective, [testNode('n1')], [daemon('a', 'n1')])).toMatchObject({
      create: [],
      remove: ['a'],
      status: { desiredNumberScheduled: 0, numberMisscheduled: 1 },
    });
    const node = (effect: string) => [testNode('n1', { taints: [{ key: 'kind', effect }] })];
    expect(decide(daemonSet(), node('NoSchedule'), [daemon('a', 'n1')]).remove).toEqual([]);
    expect(decide(daemonSet(), node('NoExecute'), [daemon('a', 'n1')]).remove).toEqual(['a']);
  });

  test('its pods are bound to their node by affinity, and stay through their node’s troubles', () => {
    const template = templateFor(daemonSet(), 'n1', 'new');
    expect(template.metadata?.labels).toEqual({
      app: 'agent',
      'controller-revision-hash': 'new',
      'pod-template-generation': '4',
    });
    expect(template.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual({
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }],
    });
    expect(template.spec?.tolerations?.map(({ key, effect }) => `${key?.split('/')[1]}:${effect}`)).toEqual([
      'not-ready:NoExecute',
      'unreachable:NoExecute',
      'disk-pressure:NoSchedule',
      'memory-pressure:NoSchedule',
      'pid-pressure:NoSchedule',
      'unschedulable:NoSchedule',
    ]);
  });
});

describe('one per node', () => {
  test('failed pods are replaced, surplus ones removed, leaving ones waited for', () => {
    const pods = [
      daemon('failed', 'n1', 'new', { phase: 'Failed' }),
      daemon('old', 'n2', 'new', { createdSecondsAgo: 100 }),
      daemon('young', 'n2', 'new', { createdSecondsAgo: 10 }),
      daemon('leaving', 'n3', 'new', { deleted: true }),
    ];
    expect(decide(daemonSet(), three, pods)).toMatchObject({ create: [], remove: ['failed', 'young'] });
  });

  test('a pod that waits for a node that is gone goes too', () => {
    const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['gone'] }] }];
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
    };
    const waiting = pod('waiting', { spec: { affinity } as never });
    expect(decide(daemonSet(), [testNode('n1')], [waiting])).toMatchObject({
      create: ['n1'],
      remove: ['waiting'],
    });
  });
});

describe('an update', () => {
  const old = [daemon('a', 'n1', 'old'), daemon('b', 'n2', 'old'), daemon('c', 'n3', 'old')];

  test('one pod at a time unless more may be missing', () => {
    expect(decide(daemonSet(), three, old).remove).toEqual(['a']);
    const twoMissing = daemonSet({ updateStrategy: { rollingUpdate: { maxUnavailable: '50%' } } });
    expect(decide(twoMissing, three, old).remove).toEqual(['a', 'b']);
    const [, b, c] = old as [never, ReturnType<typeof pod>, ReturnType<typeof pod>];
    expect(decide(daemonSet(), three, [b, c])).toMatchObject({ create: ['n1'], remove: [] });
    const starting = daemon('a2', 'n1', 'new', { readySeconds: undefined as never });
    expect(decide(daemonSet(), three, [starting, b, c]).remove).toEqual([]);
    expect(decide(daemonSet(), three, [daemon('a2', 'n1'), b, c]).remove).toEqual(['b']);
  });

  test('old pods that do not work are replaced at once', () => {
    const broken = old.map((one) => ({ ...one, readySinceMs: 0 }));
    expect(decide(daemonSet(), three, broken).remove).toEqual(['a', 'b', 'c']);
  });

  test('OnDelete leaves it to people', () => {
    expect(decide(daemonSet({ updateStrategy: { type: 'OnDelete' } }), three, old).remove).toEqual([]);
  });

  test('a surge brings the new pod first', () => {
    const surging = daemonSet({ updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } });
    expect(decide(surging, three, old)).toMatchObject({ create: ['n1'], remove: [] });
    const starting = daemon('a2', 'n1', 'new', { readySeconds: undefined as never });
    expect(decide(surging, three, [...old, starting])).toMatchObject({ create: [], remove: [] });
    expect(decide(surging, three, [...old, daemon('a2', 'n1')])).toMatchObject({
      create: ['n2'],
      remove: ['a'],
    });
  });
});

test('the status counts nodes, not pods', () => {
  const set = daemonSet();
  const { status } = decide(set, three, [
    daemon('a', 'n1'),
    daemon('b', 'n2', 'old', { readySeconds: undefined as never }),
  ]);
  expect(status).toEqual({
    currentNumberScheduled: 2,
    desiredNumberScheduled: 3,
    numberMisscheduled: 0,
    numberReady: 1,
    observedGeneration: 1,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 2,
  });
  expect(statusPatch({ ...set, status: { ...status } }, status)).toBeUndefined();
});

describe('history', () => {
  const revisionOf = (set: Stored<DaemonSet>, number: number): Revision => {
    const step = decideHistory(set, []);
    if (step.kind !== 'create') throw new Error('there is one already');
    const name = `r${number}`;
    const labels = { 'controller-revision-hash': `hash ${number}` };
    return { ...step.object, revision: number, metadata: { name, uid: name, resourceVersion: '1', labels } };
  };
  const other = daemonSet({ minReadySeconds: 1 }, { hostNetwork: true });

  test('a new template is a new revision, the present one none, an old one the newest again', () => {
    expect(decideHistory(daemonSet(), [])).toMatchObject({ kind: 'create', object: { revision: 1 } });
    expect(decideHistory(daemonSet(), [revisionOf(daemonSet(), 1)]).kind).toBe('current');
    expect(decideHistory(other, [revisionOf(daemonSet(), 1)])).toMatchObject({
      kind: 'create',
      object: { revision: 2 },
    });
    const both = [revisionOf(daemonSet(), 1), revisionOf(other, 2)];
    expect(decideHistory(daemonSet(), both)).toMatchObject({ kind: 'raise', to: 3 });
  });

  test('beyond the limit the oldest go, unless pods carry them', () => {
    const revisions = [1, 2, 3].map((number) => revisionOf(daemonSet(), number));
    const set = daemonSet({ revisionHistoryLimit: 1 });
    const gone = surplusRevisions(set, revisions, new Set(['hash 1', 'hash 3']));
    expect(gone.map((one) => one.metadata.name)).toEqual([]);
    expect(surplusRevisions(set, revisions, new Set(['hash 3'])).map((one) => one.metadata.name)).toEqual([
      'r1',
    ]);
  });
});
