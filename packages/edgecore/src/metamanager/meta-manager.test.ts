import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { FakeClock, Fault } from '@selvedge/base';
import type { Node } from '@selvedge/kubernetes';
import { MemoryLink } from '../test-cloud/memory-link.ts';
import { configMap, notFound, pod } from '../test-cloud/objects.ts';
import type { MetaManager } from './meta-manager.ts';
import type { StoreChange } from './node-store.ts';
import { OpenedStore } from './testing/opened-store.ts';

let store: OpenedStore;
let clock: FakeClock;
let manager: MetaManager;
let connect: OpenedStore['connect'];
let onDisk: OpenedStore['onDisk'];

async function restart(): Promise<void> {
  await store.restart();
  manager = store.manager;
}

beforeEach(() => {
  store = new OpenedStore();
  ({ clock, manager } = store);
  connect = store.connect.bind(store);
  onDisk = store.onDisk.bind(store);
});

afterEach(() => store[Symbol.asyncDispose]());

test('what is delivered is on disk before it is acknowledged, and a burst shares one commit', async () => {
  const link = connect();
  const rowsAtAcknowledgement: number[] = [];
  link.onSend = () => rowsAtAcknowledgement.push(onDisk('SELECT * FROM object').length);
  const ids = ['a', 'b', 'c'].map((name) => link.deliver('insert', `default/pod/${name}`, pod(name)));
  expect(link.sent).toEqual([]);
  await clock.advance(0);
  expect(ids.map((id) => link.acknowledged(id))).toEqual([true, true, true]);
  expect(rowsAtAcknowledgement).toEqual([3, 3, 3]);
  expect(manager.pods().map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
});

test('the store is read again after a restart, without any link', async () => {
  const link = connect();
  link.deliver('insert', 'default/pod/a', pod('a'));
  link.deliver('insert', 'default/configmap/settings', configMap('settings', '3', { color: 'red' }));
  await clock.advance(0);
  manager.setPodStatus(pod('a'), { phase: 'Running' });
  await clock.advance(100);
  await restart();
  expect(manager.pod('default', 'a')?.metadata.uid).toBe('uid-a');
  expect(await manager.object('configmap', 'default', 'settings')).toMatchObject({ data: { color: 'red' } });
  expect(manager.podStatus('default', 'a')).toMatchObject({ uid: 'uid-a', status: { phase: 'Running' } });
});

test('listeners hear of changes in order, after the commit', async () => {
  const link = connect();
  const seen: string[] = [];
  const subscription = manager.subscribe((change: StoreChange) =>
    seen.push(
      `${change.type} ${change.name} ${change.object?.metadata.resourceVersion} ${onDisk<{ n: number }>('SELECT COUNT(*) AS n FROM object')[0]?.n}`,
    ),
  );
  link.deliver('insert', 'default/pod/a', pod('a'));
  link.deliver('update', 'default/pod/a', pod('a', { version: '2' }));
  link.deliver('delete', 'default/pod/a', pod('a', { version: '3' }));
  await clock.advance(0);
  expect(seen).toEqual(['pod a 1 1', 'pod a 2 1', 'pod a undefined 0']);
  subscription[Symbol.dispose]();
});

test('a delete counts only for the pod that is meant', async () => {
  const link = connect();
  link.deliver('insert', 'default/pod/a', pod('a', { uid: 'second' }));
  await clock.advance(0);
  const old = link.deliver('delete', 'default/pod/a', pod('a', { uid: 'first' }));
  await clock.advance(0);
  expect(link.acknowledged(old)).toBe(true);
  expect(manager.pods().length).toBe(1);
  link.deliver('delete', 'default/pod/a', { metadata: { name: 'a', namespace: 'default' } });
  await clock.advance(0);
  expect(manager.pods().length).toBe(0);
});

test('messages out of order do not turn an object back, but a new link may', async () => {
  const link = connect();
  link.deliver('update', 'default/configmap/c', configMap('c', '10', { is: 'new' }));
  const late = link.deliver('update', 'default/configmap/c', configMap('c', '9', { is: 'old' }));
  await clock.advance(0);
  expect(link.acknowledged(late)).toBe(true);
  expect(await manager.object('configmap', 'default', 'c')).toMatchObject({ data: { is: 'new' } });
  // A cloud restored from a backup counts from an earlier number.
  const second = connect();
  second.deliver('update', 'default/configmap/c', configMap('c', '5', { is: 'restored' }));
  await clock.advance(0);
  expect(await manager.object('configmap', 'default', 'c')).toMatchObject({ data: { is: 'restored' } });
});

test('what does not fit is refused with an error, which acknowledges nothing', async () => {
  const link = connect();
  const wrong = [
    link.deliver('insert', 'default/pod/a', pod('b')),
    link.deliver('insert', 'default/pod/a', 'text'),
    link.deliver('insert', 'default/pod/a', null),
  ];
  await clock.advance(0);
  expect(wrong.some((id) => link.acknowledged(id))).toBe(false);
  expect(link.sent.map(({ route }) => route.operation)).toEqual(['error', 'error', 'error']);
});

test('what no module here wants is acknowledged, so that nothing behind it waits', async () => {
  const link = connect();
  const id = link.deliver('insert', 'default/device/lamp', { metadata: { name: 'lamp' } });
  const other = link.deliver('update', 'null/node/edge-2', { metadata: { name: 'edge-2', uid: 'x' } });
  const user = link.deliver('publish', 'topic', 'text', { group: 'user', source: 'router_eventbus' });
  await clock.advance(0);
  expect([id, other, user].map((one) => link.acknowledged(one))).toEqual([true, true, false]);
  expect(manager.node()).toBeUndefined();
});

test('a missing ConfigMap is asked for once, kept and acknowledged', async () => {
  const link = connect();
  link.answers.set('query default/configmap/c', () => configMap('c', '7', { a: 'b' }));
  const both = Promise.all([
    manager.object('configmap', 'default', 'c'),
    manager.object('configmap', 'default', 'c'),
  ]);
  await clock.advance(0);
  expect((await both)[0].metadata.resourceVersion).toBe('7');
  expect(link.requests('query', 'default/configmap/c').length).toBe(1);
  expect(link.acknowledged('cloud-1')).toBe(true);
  manager.linkDown();
  expect((await manager.object('configmap', 'default', 'c')).metadata.resourceVersion).toBe('7');
});

/** The code with which a promise is rejected; watched from now on, so that a fake clock can go on meanwhile. */
function faultCode(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no fault',
    (error) => (error as Fault).code,
  );
}

test('says whether there is none or nobody can say', async () => {
  expect(await faultCode(manager.object('secret', 'default', 's'))).toBe('metamanager/offline');
  const link = connect();
  link.answers.set('query default/secret/s', () => notFound);
  expect(await faultCode(manager.object('secret', 'default', 's'))).toBe('metamanager/not-found');
  const silent = faultCode(manager.object('secret', 'default', 'silent'));
  await clock.advance(60_000);
  expect(await silent).toBe('metamanager/timeout');
  const cut = faultCode(manager.object('secret', 'default', 'silent'));
  await clock.advance(0);
  manager.linkDown();
  expect(await cut).toBe('metamanager/offline');
});

test('a status is sent as a patch with the uid, and again on each link until confirmed and after', async () => {
  const link = connect();
  link.deliver('insert', 'default/pod/a', pod('a'));
  await clock.advance(0);
  link.answers.set('patch default/podpatch/a', () => ({ Object: pod('a'), Err: null }));
  manager.setPodStatus(pod('a'), { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] });
  await clock.advance(0);
  const [sent] = link.requests('patch', 'default/podpatch/a');
  expect(JSON.parse(String(sent?.content))).toEqual({
    metadata: { uid: 'uid-a' },
    status: {
      phase: 'Running',
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }],
      message: null,
      reason: null,
    },
  });
  manager.setPodStatus(pod('a'), { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] });
  await clock.advance(1_000);
  expect(link.requests('patch', 'default/podpatch/a').length).toBe(1);
  const second = connect();
  await clock.advance(0);
  expect(second.requests('patch', 'default/podpatch/a').length).toBe(1);
});

test('only the newest status is sent when several came while there was no link', async () => {
  manager.setPodStatus(pod('a'), { phase: 'Pending' });
  manager.setPodStatus(pod('a'), { phase: 'Running' });
  await clock.advance(100);
  await restart();
  const link = connect();
  await clock.advance(0);
  const sent = link.requests('patch', 'default/podpatch/a');
  expect(sent.map(({ content }) => JSON.parse(String(content)).status.phase)).toEqual(['Running']);
});

test('a terminated pod is deleted in the cloud, over restarts, and no late message revives it', async () => {
  const offline = connect();
  offline.deliver('insert', 'default/pod/a', pod('a'));
  await clock.advance(0);
  manager.linkDown();
  manager.podTerminated(pod('a'));
  await clock.advance(0);
  expect(manager.pods()).toEqual([]);
  await restart();
  const link = connect();
  await clock.advance(0);
  const [request] = link.requests('delete', 'default/pod/a');
  expect(request?.content).toEqual({ gracePeriodSeconds: 0, preconditions: { uid: 'uid-a' } });
  const late = link.deliver('update', 'default/pod/a', pod('a', { version: '2' }));
  await clock.advance(0);
  expect(link.acknowledged(late)).toBe(true);
  expect(manager.pods()).toEqual([]);
  link.answer(request as never, 'OK');
  await clock.advance(100);
  link.deliver('update', 'default/pod/a', pod('a', { version: '3' }));
  link.deliver('insert', 'default/pod/a', pod('a', { uid: 'next', version: '4' }));
  await clock.advance(0);
  expect(manager.pods().map(({ metadata }) => metadata.uid)).toEqual(['next']);
  await restart();
  const again = connect();
  await clock.advance(0);
  expect(again.requests('delete', 'default/pod/a')).toEqual([]);
});

const node = (status: Record<string, unknown> = {}): Node =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'edge-1', labels: { 'node-role.kubernetes.io/edge': '' } },
    status: {
      conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: String(clock.now()) }],
      ...status,
    },
  }) as unknown as Node;

test('registers a node that the cloud does not know, then sends its status on change or each five minutes', async () => {
  const link = connect();
  const stored = {
    ...node(),
    metadata: { ...node().metadata, uid: 'uid-node', resourceVersion: '2' },
  };
  link.answers.set('query default/node/edge-1', () => notFound);
  link.answers.set('insert default/node/edge-1', () => ({ Object: stored, Err: null }));
  link.answers.set('patch default/nodepatch/edge-1', () => ({ Object: stored, Err: null }));
  manager.setNodeStatus(node());
  await clock.advance(0);
  expect(link.requests('insert', 'default/node/edge-1').length).toBe(1);
  expect(link.requests('patch', 'default/nodepatch/edge-1').length).toBe(1);
  expect(manager.node()?.metadata.uid).toBe('uid-node');
  for (let round = 0; round < 29; round++) {
    await clock.advance(10_000);
    manager.setNodeStatus(node());
  }
  expect(link.requests('patch', 'default/nodepatch/edge-1').length).toBe(1);
  await clock.advance(10_000);
  manager.setNodeStatus(node());
  await clock.advance(0);
  expect(link.requests('patch', 'default/nodepatch/edge-1').length).toBe(2);
  manager.setNodeStatus(node({ capacity: { cpu: '4' } }));
  await clock.advance(0);
  const patches = link.requests('patch', 'default/nodepatch/edge-1');
  expect(patches.length).toBe(3);
  expect(Object.keys(JSON.parse(String(patches[2]?.content)).status)).toEqual(['capacity', 'conditions']);
});

test('adds its labels to a node that is there already, and registers anew when somebody deletes it', async () => {
  const link = connect();
  const found = { metadata: { name: 'edge-1', uid: 'u', resourceVersion: '1', labels: { theirs: 'x' } } };
  link.answers.set('query default/node/edge-1', () => found);
  link.answers.set('update default/node/edge-1', () => 'OK');
  link.answers.set('patch default/nodepatch/edge-1', () => ({ Object: null, Err: notFound }));
  manager.setNodeStatus(node());
  await clock.advance(0);
  const [update] = link.requests('update', 'default/node/edge-1');
  expect(update?.content).toMatchObject({
    metadata: { labels: { theirs: 'x', 'node-role.kubernetes.io/edge': '' } },
  });
  link.answers.set('query default/node/edge-1', () => notFound);
  link.answers.set('insert default/node/edge-1', () => ({ Object: found, Err: null }));
  link.answers.set('patch default/nodepatch/edge-1', () => ({ Object: found, Err: null }));
  await clock.advance(2_000);
  expect(link.requests('insert', 'default/node/edge-1').length).toBe(1);
});

test('renews a lease where the cloud does not', async () => {
  const ours = connect();
  await clock.advance(60_000);
  expect(ours.sent.filter(({ route }) => route.resource.includes('lease'))).toEqual([]);
  const link = new MemoryLink(manager);
  const lease = { metadata: { name: 'edge-1', uid: 'l', resourceVersion: '5' }, spec: {} };
  link.answers.set('query kube-node-lease/lease/edge-1', () => ({ Object: null, Err: notFound }));
  link.answers.set('insert kube-node-lease/lease/edge-1', () => ({ Object: lease, Err: null }));
  link.answers.set('update kube-node-lease/lease/edge-1', () => ({ Object: lease, Err: null }));
  manager.linkUp(link);
  await clock.advance(30_000);
  expect(link.requests('insert', 'kube-node-lease/lease/edge-1').length).toBe(1);
  const updates = link.requests('update', 'kube-node-lease/lease/edge-1');
  expect(updates.length).toBe(3);
  expect(updates[0]?.content).toMatchObject({
    metadata: { resourceVersion: '5' },
    spec: { holderIdentity: 'edge-1', leaseDurationSeconds: 40 },
  });
});

test('tells a cloud with digests first of all what it has, and knows then that the store is whole', async () => {
  const link = connect();
  link.deliver('insert', 'default/pod/a', pod('a'));
  await clock.advance(0);
  expect(manager.synchronized).toBe(false);
  const ours = connect('digest', 'lease');
  await clock.advance(0);
  const [first] = ours.sent;
  expect(first?.route).toMatchObject({
    operation: 'query',
    resource: 'null/digest/edge-1',
    source: 'metamanager',
  });
  expect(first?.content).toMatchObject({ objects: { 'default/pod/a': expect.anything() } });
  ours.answer(first as never, 'OK');
  await clock.advance(10_000);
  expect(manager.synchronized).toBe(true);
  await restart();
  expect(manager.synchronized).toBe(true);
});

const event = (reason: string, uid = 'u') =>
  ({
    metadata: { name: `a.${reason}`, namespace: 'default' },
    involvedObject: { kind: 'Pod', name: 'a', namespace: 'default', uid },
    reason,
    count: 1,
    source: { component: 'kubelet' },
  }) as never;

test('keeps the newest events while there is no link, counts equal ones, and damps floods', async () => {
  for (const reason of ['1', '2', '3', '4', '5', '6', '7']) {
    manager.recordEvent(event(reason));
    await clock.advance(100);
  }
  await restart();
  const link = connect('pipeline', 'lease');
  link.onSend = (message) => {
    if (message.route.resource.includes('/event/')) queueMicrotask(() => link.answer(message, 'OK'));
  };
  await clock.advance(1_000);
  const sent = () => link.sent.filter(({ route }) => route.resource.startsWith('default/event/'));
  expect(sent().map(({ content }) => (content as { reason: string }).reason)).toEqual([
    '3',
    '4',
    '5',
    '6',
    '7',
  ]);
  manager.recordEvent(event('again', 'other'));
  manager.recordEvent(event('again', 'other'));
  await clock.advance(1_000);
  const repeated = sent().slice(5);
  expect(repeated.map(({ route }) => route.operation)).toEqual(['insert', 'update']);
  expect(repeated[1]?.content).toMatchObject({ count: 2 });
  for (let index = 0; index < 100; index++) {
    manager.recordEvent(event(`flood-${index}`, 'third'));
    await clock.advance(100);
  }
  await clock.advance(5_000);
  expect(sent().length).toBe(7 + 25);
  expect(onDisk('SELECT * FROM event')).toEqual([]);
});
