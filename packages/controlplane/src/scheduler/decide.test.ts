import { describe, expect, test } from 'bun:test';
import { IndexedStore } from '@selvedge/client';
import type { KubeObject, Namespace, Node, Stored } from '@selvedge/kubernetes';
import type { PodRecord } from '../controllers/machinery/pod-record.ts';
import { podKey } from '../controllers/machinery/pod-record.ts';
import { type NodeTraits, podMaker, testNode } from '../controllers/testing/objects.ts';
import { ClusterState } from './cluster-state.ts';
import { placePod } from './decide.ts';

const pod = podMaker();

function clusterOf(
  nodes: readonly Stored<Node>[],
  pods: readonly PodRecord[] = [],
  claims = new IndexedStore<Stored<KubeObject>>(),
): ClusterState {
  const known = new IndexedStore<PodRecord>({
    node: (one) => (one.nodeName === '' ? [] : [one.nodeName]),
    namespace: (one) => [one.namespace],
  });
  const namespaces = new IndexedStore<Stored<Namespace>>();
  for (const name of ['default', 'other']) {
    namespaces.set(name, { metadata: { name, uid: name, resourceVersion: '1', labels: { team: name } } });
  }
  const state = new ClusterState({ pods: known, namespaces, claims });
  for (const node of nodes) state.setNode(node);
  for (const one of pods) {
    known.set(podKey(one), one);
    state.podChanged(undefined, one);
  }
  return state;
}

const nodes = (...traits: NodeTraits[]) => traits.map((one, index) => testNode(`n${index + 1}`, one));
const place = (one: PodRecord, state: ClusterState, maxFeasibleNodes = 100, start = 0) =>
  placePod(one, state, { maxFeasibleNodes, start, random: () => 0 });
const nodeOf = (one: PodRecord, state: ClusterState) => {
  const placement = place(one, state);
  return placement.kind === 'node' ? placement.nodeName : undefined;
};
const messageOf = (one: PodRecord, state: ClusterState) => {
  const placement = place(one, state);
  return placement.kind === 'none' ? placement.message : undefined;
};
const refusal = (count: number, reasons: string, preemption: string) =>
  `0/${count} nodes are available: ${reasons}. preemption: 0/${count} nodes are available: ${preemption}.`;
const helpless = (count: number) => `${count} Preemption is not helpful for scheduling`;
const noVictims = (count: number) => `${count} No preemption victims found for incoming pod`;

describe('without a node', () => {
  test('there are none', () => {
    expect(messageOf(pod('a'), clusterOf([]))).toBe('no nodes available to schedule pods');
  });

  test('reasons are counted over the nodes and told in order', () => {
    const state = clusterOf(
      nodes(
        { unschedulable: true },
        { taints: [{ key: 'kind', value: 'gpu', effect: 'NoSchedule' }] },
        { taints: [{ key: 'kind', value: 'gpu', effect: 'NoSchedule' }] },
        { allocatable: { cpu: '1', memory: '1Gi' } },
      ),
    );
    expect(messageOf(pod('a', { requests: { cpu: '2', memory: '2Gi' } }), state)).toBe(
      refusal(
        4,
        '1 Insufficient cpu, 1 Insufficient memory, 1 node(s) were unschedulable, 2 node(s) had untolerated taint {kind: gpu}',
        helpless(4),
      ),
    );
  });
});

describe('resources', () => {
  test('what pods have taken counts, what finished ones had does not', () => {
    const taken = pod('taken', { nodeName: 'n1', requests: { cpu: '3' } });
    const finished = pod('finished', { nodeName: 'n1', phase: 'Succeeded', requests: { cpu: '4' } });
    const state = clusterOf(nodes({}), [taken, finished]);
    expect(nodeOf(pod('fits', { requests: { cpu: '1' } }), state)).toBe('n1');
    expect(messageOf(pod('more', { requests: { cpu: '1001m' } }), state)).toBe(
      refusal(1, '1 Insufficient cpu', noVictims(1)),
    );
    expect(messageOf(pod('never', { requests: { cpu: '5' } }), state)).toBe(
      refusal(1, '1 Insufficient cpu', helpless(1)),
    );
  });

  test('an assumed pod takes its room before its binding is seen, and once', () => {
    const state = clusterOf(nodes({}));
    const first = pod('first', { requests: { cpu: '3' } });
    state.assume(first, 'n1');
    expect(nodeOf(pod('second', { requests: { cpu: '2' } }), state)).toBeUndefined();
    const bound = pod('first', { requests: { cpu: '3' }, nodeName: 'n1' });
    state.podChanged(first, bound);
    expect(nodeOf(pod('small', { requests: { cpu: '1' } }), state)).toBe('n1');
    expect(state.podChanged(bound, undefined)).toBe('room');
    expect(nodeOf(pod('second', { requests: { cpu: '4' } }), state)).toBe('n1');
  });

  test('a binding that failed gives the room back', () => {
    const state = clusterOf(nodes({}));
    const first = pod('first', { requests: { cpu: '3' } });
    state.assume(first, 'n1');
    state.forget(first);
    expect(nodeOf(pod('second', { requests: { cpu: '4' } }), state)).toBe('n1');
  });

  test('the number of pods is a resource too, and so is what a device offers', () => {
    const state = clusterOf(nodes({ allocatable: { pods: '1' } }), [pod('one', { nodeName: 'n1' })]);
    expect(messageOf(pod('two'), state)).toBe(refusal(1, '1 Too many pods', noVictims(1)));
    const device = pod('device', { requests: { 'example.com/gpu': '1' } });
    expect(messageOf(device, clusterOf(nodes({})))).toBe(
      refusal(1, '1 Insufficient example.com/gpu', helpless(1)),
    );
    expect(nodeOf(device, clusterOf(nodes({}, { allocatable: { 'example.com/gpu': '1' } })))).toBe('n2');
  });

  test('init containers count at their hungriest, sidecars all along, overhead always', () => {
    const demanding = (cpu: string) =>
      pod(`asks ${cpu}`, {
        spec: {
          initContainers: [
            { name: 'sidecar', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } },
            { name: 'setup', resources: { requests: { cpu } } },
          ] as never,
          containers: [{ name: 'main', resources: { requests: { cpu: '500m' } } }],
          overhead: { cpu: '250m' },
        },
      });
    const state = clusterOf(nodes({}));
    expect(nodeOf(demanding('2750m'), state)).toBe('n1');
    expect(nodeOf(demanding('2751m'), state)).toBeUndefined();
  });

  test('the emptier node is taken', () => {
    const state = clusterOf(nodes({}, {}), [pod('one', { nodeName: 'n1', requests: { cpu: '2' } })]);
    expect(nodeOf(pod('two', { requests: { cpu: '1' } }), state)).toBe('n2');
  });
});

describe('taints and tolerations', () => {
  const tainted = nodes({ taints: [{ key: 'kind', value: 'gpu', effect: 'NoExecute' }] });
  const tolerating = (toleration: object) =>
    pod(JSON.stringify(toleration), { spec: { tolerations: [toleration] } });

  test('key, value, operator and effect must all agree', () => {
    const state = clusterOf(tainted);
    expect(nodeOf(tolerating({ key: 'kind', value: 'gpu' }), state)).toBe('n1');
    expect(nodeOf(tolerating({ key: 'kind', operator: 'Exists' }), state)).toBe('n1');
    expect(nodeOf(tolerating({ operator: 'Exists' }), state)).toBe('n1');
    expect(nodeOf(tolerating({ key: 'kind', value: 'tpu' }), state)).toBeUndefined();
    expect(
      nodeOf(tolerating({ key: 'kind', operator: 'Exists', effect: 'NoSchedule' }), state),
    ).toBeUndefined();
  });

  test('a soft taint only makes the node less welcome; a cordon can be tolerated', () => {
    const soft = clusterOf(nodes({ taints: [{ key: 'a', effect: 'PreferNoSchedule' }] }, {}));
    expect(nodeOf(pod('a'), soft)).toBe('n2');
    const cordoned = clusterOf(nodes({ unschedulable: true }));
    expect(messageOf(pod('a'), cordoned)).toBe(refusal(1, '1 node(s) were unschedulable', helpless(1)));
    const daemon = tolerating({ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' });
    expect(nodeOf(daemon, cordoned)).toBe('n1');
  });
});

describe('node selector and affinity', () => {
  const required = (...nodeSelectorTerms: object[]) =>
    pod(JSON.stringify(nodeSelectorTerms), {
      spec: {
        affinity: {
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
        } as never,
      },
    });
  const expression = (key: string, operator: string, ...values: string[]) => ({
    matchExpressions: [{ key, operator, values }],
  });

  test('labels asked for', () => {
    const state = clusterOf(nodes({}, { labels: { disk: 'ssd' } }));
    expect(nodeOf(pod('a', { spec: { nodeSelector: { disk: 'ssd' } } }), state)).toBe('n2');
    expect(messageOf(pod('b', { spec: { nodeSelector: { disk: 'tape' } } }), state)).toBe(
      refusal(2, "2 node(s) didn't match Pod's node affinity/selector", helpless(2)),
    );
  });

  test('every operator', () => {
    const state = clusterOf(nodes({ labels: { size: '5' } }, { labels: { size: '15' } }, {}));
    expect(nodeOf(required(expression('size', 'Gt', '10')), state)).toBe('n2');
    expect(nodeOf(required(expression('size', 'Lt', '10')), state)).toBe('n1');
    expect(nodeOf(required(expression('size', 'DoesNotExist')), state)).toBe('n3');
    expect(nodeOf(required(expression('size', 'In', '15', '20')), state)).toBe('n2');
    expect(
      nodeOf(
        required({
          matchExpressions: [
            { key: 'size', operator: 'Exists' },
            { key: 'size', operator: 'NotIn', values: ['5'] },
          ],
        }),
        state,
      ),
    ).toBe('n2');
    expect(nodeOf(required(expression('size', 'In', '1'), expression('size', 'In', '5')), state)).toBe('n1');
    expect(nodeOf(required({}), state)).toBeUndefined();
  });

  test('a node named outright is the only one looked at', () => {
    const named = required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] });
    expect(place(named, clusterOf(nodes({}, {}, {})))).toEqual({ kind: 'node', nodeName: 'n2', examined: 1 });
    expect(messageOf(named, clusterOf(nodes({}, { unschedulable: true }, {})))).toBe(
      refusal(
        3,
        "1 node(s) were unschedulable, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]",
        helpless(3),
      ),
    );
  });

  test('what is preferred decides among those that fit', () => {
    const preferring = pod('a', {
      spec: {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 10, preference: expression('zone', 'In', 'b') },
            ],
          },
        } as never,
      },
    });
    const state = clusterOf(nodes({ labels: { zone: 'a' } }, { labels: { zone: 'b' } }));
    expect(nodeOf(preferring, state)).toBe('n2');
  });
});

describe('ports of the node', () => {
  const withPort = (name: string, port: object, nodeName?: string) =>
    pod(name, {
      ...(nodeName ? { nodeName } : {}),
      spec: { containers: [{ name: 'main', ports: [{ containerPort: 80, ...port }] }] },
    });

  test('a port is given once, for each protocol and address', () => {
    const state = clusterOf(nodes({}), [withPort('taken', { hostPort: 8080, hostIP: '10.0.0.1' }, 'n1')]);
    expect(messageOf(withPort('a', { hostPort: 8080 }), state)).toBe(
      refusal(1, "1 node(s) didn't have free ports for the requested pod ports", noVictims(1)),
    );
    expect(nodeOf(withPort('b', { hostPort: 8080, protocol: 'UDP' }), state)).toBe('n1');
    expect(nodeOf(withPort('c', { hostPort: 8080, hostIP: '10.0.0.2' }), state)).toBe('n1');
    expect(nodeOf(withPort('d', {}), state)).toBe('n1');
  });
});

describe('pod affinity and anti-affinity', () => {
  const zones = nodes({ labels: { zone: 'a' } }, { labels: { zone: 'b' } }, { labels: { zone: 'b' } }, {});
  const term = (app: string, topologyKey = 'zone', more: object = {}) => ({
    labelSelector: { matchLabels: { app } },
    topologyKey,
    ...more,
  });
  const withAffinity = (name: string, kind: string, ...terms: object[]) =>
    pod(name, {
      labels: { app: name },
      spec: { affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: terms } } as never },
    });

  test('near the pods asked for', () => {
    const state = clusterOf(zones, [pod('db', { labels: { app: 'db' }, nodeName: 'n2' })]);
    const near = withAffinity('web', 'podAffinity', term('db'));
    expect(['n2', 'n3']).toContain(nodeOf(near, state) ?? '');
    expect(nodeOf(withAffinity('web', 'podAffinity', term('db', 'kubernetes.io/hostname')), state)).toBe(
      'n2',
    );
    expect(messageOf(withAffinity('web', 'podAffinity', term('cache')), state)).toBe(
      refusal(4, "4 node(s) didn't match pod affinity rules", helpless(4)),
    );
  });

  test('the first of a group that asks for its own kind may go anywhere with the topology', () => {
    const state = clusterOf(nodes({}, { labels: { zone: 'a' } }));
    expect(nodeOf(withAffinity('web', 'podAffinity', term('web')), state)).toBe('n2');
  });

  test('away from the pods named, which hold those away in turn', () => {
    const db = pod('db', { labels: { app: 'db' }, nodeName: 'n2' });
    const away = withAffinity('web', 'podAntiAffinity', term('db'));
    expect(nodeOf(away, clusterOf(zones.slice(0, 3), [db]))).toBe('n1');
    expect(messageOf(away, clusterOf(zones.slice(1, 3), [db]))).toBe(
      refusal(2, "2 node(s) didn't match pod anti-affinity rules", noVictims(2)),
    );
    const state = clusterOf(zones.slice(0, 1), [{ ...away, nodeName: 'n1', phase: 'Running' }]);
    expect(messageOf(pod('db', { labels: { app: 'db' } }), state)).toBe(
      refusal(1, "1 node(s) didn't satisfy existing pods anti-affinity rules", noVictims(1)),
    );
  });

  test('namespaces: its own unless others are named or selected', () => {
    const db = pod('db', { namespace: 'other', labels: { app: 'db' }, nodeName: 'n1' });
    const state = clusterOf(zones, [db]);
    const near = (more: object) =>
      nodeOf(withAffinity('web', 'podAffinity', term('db', 'zone', more)), state);
    expect(near({})).toBeUndefined();
    expect(near({ namespaces: ['other'] })).toBe('n1');
    expect(near({ namespaceSelector: { matchLabels: { team: 'other' } } })).toBe('n1');
    expect(near({ namespaceSelector: { matchLabels: { team: 'none' } } })).toBeUndefined();
  });
});

describe('topology spread', () => {
  const zones = nodes({ labels: { zone: 'a' } }, { labels: { zone: 'b' } }, {});
  const spread = (name: string, more: object = {}) =>
    pod(name, {
      labels: { app: 'web' },
      spec: {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'zone',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: { matchLabels: { app: 'web' } },
            ...more,
          },
        ],
      },
    });
  const webOn = (nodeName: string, name = nodeName) =>
    pod(`web on ${name}`, { labels: { app: 'web' }, nodeName });

  test('pods stay even; nodes without the label take none', () => {
    expect(nodeOf(spread('next'), clusterOf(zones, [webOn('n1')]))).toBe('n2');
    const full = clusterOf(
      nodes({ labels: { zone: 'a' } }, { labels: { zone: 'b' }, unschedulable: true }, {}),
      [webOn('n1')],
    );
    expect(messageOf(spread('next'), full)).toBe(
      refusal(
        3,
        "1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) were unschedulable",
        '1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling',
      ),
    );
  });

  test('too few domains count as an empty one more', () => {
    const state = clusterOf(zones.slice(0, 2), [webOn('n1'), webOn('n2')]);
    expect(nodeOf(spread('next', { minDomains: 2 }), state)).toBeDefined();
    expect(nodeOf(spread('next', { minDomains: 3 }), state)).toBeUndefined();
  });

  test('soft ones only prefer', () => {
    const state = clusterOf(zones.slice(0, 2), [webOn('n1')]);
    expect(nodeOf(spread('next', { whenUnsatisfiable: 'ScheduleAnyway' }), state)).toBe('n2');
    const alone = clusterOf(zones.slice(0, 1), [webOn('n1'), webOn('n1', 'again')]);
    expect(nodeOf(spread('next', { whenUnsatisfiable: 'ScheduleAnyway' }), alone)).toBe('n1');
  });

  test('without constraints the pods of one controller still spread', () => {
    const owners = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'web', controller: true }];
    const state = clusterOf(nodes({}, {}), [pod('first', { owners, nodeName: 'n1' })]);
    expect(nodeOf(pod('second', { owners }), state)).toBe('n2');
  });
});

test('a pod waits for the volumes that it claims', () => {
  const claims = new IndexedStore<Stored<KubeObject>>();
  const put = (phase: string) => {
    const metadata = { namespace: 'default', name: 'data', uid: 'data', resourceVersion: '1' };
    claims.set('default/data', { metadata, status: { phase } });
  };
  const state = clusterOf(nodes({}, {}), [], claims);
  const claiming = pod('a', {
    spec: {
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
        { name: 'tmp', emptyDir: {} },
      ],
    },
  });
  expect(messageOf(claiming, state)).toBe(refusal(2, 'persistentvolumeclaim "data" not found', helpless(2)));
  put('Pending');
  expect(messageOf(claiming, state)).toBe(
    refusal(2, 'pod has unbound immediate PersistentVolumeClaims', helpless(2)),
  );
  put('Bound');
  expect(nodeOf(claiming, state)).toBeDefined();
});

test('no more nodes are looked at than enough fit, and the next pod goes on behind them', () => {
  const many = Array.from({ length: 10 }, (_, index) => testNode(`n${index + 1}`));
  const state = clusterOf(many);
  expect(place(pod('a'), state, 3)).toEqual({ kind: 'node', nodeName: 'n1', examined: 3 });
  expect(place(pod('b'), state, 3, 9)).toEqual({ kind: 'node', nodeName: 'n10', examined: 3 });
});
