import { expect, test } from 'bun:test';
import { resources } from '@selvedge/kubernetes';
import { digestResource } from '@selvedge/wire';
import type { FakeSession } from './testing/fake-hub.ts';
import {
  startTestCloud,
  type TestCloud,
  testConfigMap,
  testNode,
  testPod,
  testSecret,
} from './testing/test-cloud.ts';

const ours = ['pipeline', 'digest', 'lease'];
const usesSettings = {
  volumes: [{ name: 'settings', configMap: { name: 'settings' } }],
  containers: [
    {
      name: 'main',
      image: 'app',
      env: [{ name: 'K', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } }],
    },
  ],
};

async function tellDigest(cloud: TestCloud, session: FakeSession, objects: Record<string, string> = {}) {
  const request = cloud.hub.ask(session, 'query', digestResource(session.node), { objects });
  const answer = await session.answerTo(request);
  expect(answer.content).toBe('OK');
}

/** What an edge that stored all deliveries would tell. */
async function storedDigest(session: FakeSession): Promise<Record<string, string>> {
  const { fingerprint } = await import('@selvedge/wire');
  const objects: Record<string, string> = {};
  for (const { message } of session.delivered) {
    if (message.route.operation === 'delete') delete objects[message.route.resource];
    else objects[message.route.resource] = fingerprint(message.content as Parameters<typeof fingerprint>[0]);
  }
  return objects;
}

function fill(api: TestCloud['api']): void {
  api.put(resources.nodes, testNode('edge-1'));
  api.put(resources.configmaps, testConfigMap('settings', 'green'));
  api.put(resources.configmaps, testConfigMap('unused', 'x'));
  api.put(resources.secrets, testSecret('keys'));
  api.put(resources.pods, testPod('a', 'edge-1', usesSettings));
  api.put(resources.pods, testPod('b', 'edge-2'));
}

test('an edge with an empty store gets all that it should have, needs before pods, and nothing of others', async () => {
  await using cloud = await startTestCloud(fill);
  const session = cloud.hub.connect('edge-1', ours);
  await tellDigest(cloud, session);
  const sent = await session.deliveries(4);
  expect(sent.slice(0, 3).sort()).toEqual([
    'update default/configmap/settings',
    'update default/secret/keys',
    'update null/node/edge-1',
  ]);
  expect(sent.slice(3)).toEqual(['update default/pod/a']);
});

test('an edge that has everything is sent nothing, also after changes of status and after a restart of the cloud', async () => {
  let digest: Record<string, string>;
  {
    await using cloud = await startTestCloud(fill);
    const session = cloud.hub.connect('edge-1', ours);
    await tellDigest(cloud, session);
    digest = await storedDigest(session);
  }
  await using cloud = await startTestCloud(fill2);
  function fill2(api: TestCloud['api']) {
    api.put(resources.nodes, { ...testNode('edge-1'), status: { conditions: [] } });
    fill(api);
    api.put(resources.pods, { ...testPod('a', 'edge-1', usesSettings), status: { phase: 'Running' } });
  }
  const { uid: configUid } = cloud.api.read(resources.configmaps, 'default/settings')?.metadata ?? {};
  expect(configUid).toBeDefined();
  const session = cloud.hub.connect('edge-1', ours);
  await tellDigest(cloud, session, digest);
  // ConfigMap and Secret were made anew in this second API, with other uids.
  expect(await session.deliveries(2)).toEqual([
    'update default/configmap/settings',
    'update default/secret/keys',
  ]);
});

test('what an edge has too much is deleted, what it keeps for itself is left alone', async () => {
  await using cloud = await startTestCloud(fill);
  const session = cloud.hub.connect('edge-2', ours);
  await tellDigest(cloud, session, {
    'default/pod/old': '000000000000',
    'default/secret/keys': '000000000000',
    'default/podpatch/old': '000000000000',
  });
  const sent = await session.deliveries(3);
  expect(sent.sort()).toEqual([
    'delete default/pod/old',
    'delete default/secret/keys',
    'update default/pod/b',
  ]);
});

test('an edge that asks for it is told what is on its way', async () => {
  await using cloud = await startTestCloud(fill);
  const session = cloud.hub.connect('edge-2', ours);
  const objects = { 'default/pod/old': '000000000000', 'default/podpatch/old': '000000000000' };
  const content = { objects, listDifferences: true };
  const request = cloud.hub.ask(session, 'query', digestResource('edge-2'), content);
  const answer = await session.answerTo(request);
  expect(answer.content).toEqual({ differences: ['default/pod/old', 'default/pod/b'] });
});

test('nothing travels before the edge has told what it has', async () => {
  await using cloud = await startTestCloud(fill);
  const session = cloud.hub.connect('edge-1', ours);
  cloud.api.put(resources.pods, testPod('c', 'edge-1'));
  await cloud.clock.advance(0);
  expect(session.delivered).toEqual([]);
});

test('a change reaches exactly the nodes that use the object', async () => {
  await using cloud = await startTestCloud(fill);
  const one = cloud.hub.connect('edge-1', ours);
  const two = cloud.hub.connect('edge-2', ours);
  await tellDigest(cloud, one);
  await tellDigest(cloud, two);
  const before = one.delivered.length;
  const twoBefore = two.delivered.length;
  cloud.api.put(resources.configmaps, testConfigMap('settings', 'red'));
  await one.deliveries(before + 1);
  const { message } = one.delivered.at(-1) ?? {};
  expect(message?.route).toEqual({
    source: 'edgecontroller',
    group: 'resource',
    operation: 'update',
    resource: 'default/configmap/settings',
  });
  expect((message?.content as { data: unknown } | undefined)?.data).toEqual({ value: 'red' });
  expect(two.delivered.length).toBe(twoBefore);
});

test('a pod comes after what it needs, its status alone is not sent, and its last needs go with it', async () => {
  await using cloud = await startTestCloud((api) => {
    api.put(resources.configmaps, testConfigMap('settings', 'green'));
    api.put(resources.secrets, testSecret('keys'));
  });
  const session = cloud.hub.connect('edge-1', ours);
  await tellDigest(cloud, session);
  cloud.api.put(resources.pods, testPod('a', 'edge-1', usesSettings));
  const sent = await session.deliveries(3);
  expect(sent[2]).toBe('insert default/pod/a');
  cloud.api.put(resources.pods, { ...testPod('a', 'edge-1', usesSettings), status: { phase: 'Running' } });
  const deleting = testPod('a', 'edge-1', usesSettings);
  deleting.metadata = { ...deleting.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
  cloud.api.put(resources.pods, deleting);
  expect((await session.deliveries(4)).at(-1)).toBe('update default/pod/a');
  cloud.api.remove(resources.pods, 'default', 'a');
  const all = await session.deliveries(7);
  expect(all.slice(4)).toEqual([
    'delete default/pod/a',
    'delete default/configmap/settings',
    'delete default/secret/keys',
  ]);
});

test('a Go edge is sent its pods, each version is recorded when it is acknowledged, and the next session sends no more', async () => {
  await using cloud = await startTestCloud(fill);
  await cloud.clock.advance(0);
  const first = cloud.hub.connect('edge-1');
  expect(await first.deliveries(1)).toEqual(['update default/pod/a']);
  const [sent] = first.delivered;
  expect((sent?.message.content as { kind: string } | undefined)?.kind).toBe('Pod');
  sent?.delivery.onAcknowledged?.();
  await cloud.clock.advance(100);
  const syncs = {
    group: 'reliablesyncs.kubeedge.io',
    version: 'v1alpha1',
    kind: 'ObjectSync',
    namespaced: true,
  };
  const record = cloud.api.read({ ...syncs, resource: 'objectsyncs' }, 'default/edge-1.uid-a');
  expect(record?.spec).toEqual({ objectAPIVersion: 'v1', objectKind: 'Pod', objectName: 'a' });
  expect(record?.status).toEqual({ objectResourceVersion: sent?.message.header.resourceversion });
  cloud.hub.disconnect(first);
  const second = cloud.hub.connect('edge-1');
  await cloud.clock.advance(10_000);
  expect(second.delivered).toEqual([]);
  cloud.api.put(resources.pods, { ...testPod('a', 'edge-1', usesSettings), status: { phase: 'Running' } });
  expect(await second.deliveries(1)).toEqual(['update default/pod/a']);
});

test('a Go edge that was away hears of a deletion by a stub with the uid', async () => {
  await using cloud = await startTestCloud(fill);
  await cloud.clock.advance(0);
  const first = cloud.hub.connect('edge-1');
  await first.deliveries(1);
  first.delivered[0]?.delivery.onAcknowledged?.();
  await cloud.clock.advance(100);
  cloud.hub.disconnect(first);
  cloud.api.remove(resources.pods, 'default', 'a');
  await cloud.clock.advance(0);
  const second = cloud.hub.connect('edge-1');
  expect(await second.deliveries(1)).toEqual(['delete default/pod/a']);
  expect(second.delivered[0]?.message.content).toEqual({
    metadata: { name: 'a', namespace: 'default', uid: 'uid-a' },
  });
  second.delivered[0]?.delivery.onAcknowledged?.();
  await cloud.clock.advance(100);
  const type = {
    group: 'reliablesyncs.kubeedge.io',
    version: 'v1alpha1',
    kind: 'ObjectSync',
    namespaced: true,
  };
  expect(cloud.api.read({ ...type, resource: 'objectsyncs' }, 'default/edge-1.uid-a')).toBeUndefined();
});

test('with its Node deleted an edge is cut off', async () => {
  await using cloud = await startTestCloud(fill);
  const session = cloud.hub.connect('edge-1', ours);
  cloud.api.remove(resources.nodes, '', 'edge-1');
  await cloud.clock.advance(0);
  expect(session.closedFor).toBe('the Node was deleted');
});
