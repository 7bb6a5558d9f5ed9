import { expect, test } from 'bun:test';
import { type KubeObject, resources } from '@selvedge/kubernetes';
import { startTestCloud, type TestCloud, testNode, testPod } from '../edgecontroller/testing/test-cloud.ts';

const ours = ['pipeline', 'digest', 'lease'];
const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady' };

function readyOf(cloud: TestCloud): { status: string; reason: string } | undefined {
  const node = cloud.api.read(resources.nodes, 'edge-1');
  const status = node?.status as
    | { conditions?: { type: string; status: string; reason: string }[] }
    | undefined;
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

const readyNode = (): KubeObject => ({ ...testNode('edge-1'), status: { conditions: [ready] } });

test('the lease of a connected edge is made and renewed for it, and no more when it is gone', async () => {
  await using cloud = await startTestCloud((api) => api.put(resources.nodes, readyNode()));
  const session = cloud.hub.connect('edge-1', ours);
  await cloud.clock.advance(200);
  const lease = () => cloud.api.read(resources.leases, 'kube-node-lease/edge-1');
  expect(lease()?.metadata.ownerReferences).toEqual([
    { apiVersion: 'v1', kind: 'Node', name: 'edge-1', uid: 'uid-edge-1' },
  ]);
  const first = lease()?.metadata.resourceVersion;
  await cloud.clock.advance(10_200);
  const second = lease()?.metadata.resourceVersion;
  expect(second).not.toBe(first);
  cloud.hub.disconnect(session);
  await cloud.clock.advance(60_000);
  expect(lease()?.metadata.resourceVersion).toBe(second);
});

test('a Go edge renews its own lease, and a node that is not registered has none', async () => {
  await using cloud = await startTestCloud((api) => api.put(resources.nodes, readyNode()));
  cloud.hub.connect('edge-1');
  cloud.hub.connect('edge-2', ours);
  await cloud.clock.advance(20_000);
  expect(cloud.api.calls.filter(({ resource }) => resource === 'leases.coordination.k8s.io')).toEqual([]);
});

test('a lost connection shows in the Node at once, a replaced one does not', async () => {
  await using cloud = await startTestCloud((api) => api.put(resources.nodes, readyNode()));
  const first = cloud.hub.connect('edge-1', ours);
  cloud.hub.disconnect(first);
  const second = cloud.hub.connect('edge-1', ours);
  await cloud.clock.advance(2_000);
  expect(readyOf(cloud)?.status).toBe('True');
  cloud.hub.disconnect(second);
  await cloud.clock.advance(2_000);
  expect(readyOf(cloud)).toMatchObject({ status: 'Unknown', reason: 'ConnectionLost' });
  expect(cloud.controller.disconnectedSinceMs('edge-1')).toBeDefined();
});

test('a connected node that the cluster gave up is Ready again with what it said last', async () => {
  await using cloud = await startTestCloud((api) => api.put(resources.nodes, readyNode()));
  const session = cloud.hub.connect('edge-1', ours);
  const patch = JSON.stringify({ status: { conditions: [ready] } });
  await session.answerTo(cloud.hub.ask(session, 'patch', 'default/nodepatch/edge-1', patch));
  const lost = { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' };
  cloud.api.put(resources.nodes, { ...testNode('edge-1'), status: { conditions: [lost] } });
  await cloud.clock.advance(1_000);
  expect(readyOf(cloud)).toMatchObject({ status: 'True', reason: 'KubeletReady' });
});

const byDefault = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
];
const tolerationsOf = (cloud: TestCloud, name: string) =>
  (cloud.api.read(resources.pods, `default/${name}`)?.spec as { tolerations?: unknown } | undefined)
    ?.tolerations;

test('pods on edges tolerate an unreachable node without end, unless somebody wished otherwise', async () => {
  const wished = byDefault.map((toleration) => ({ ...toleration, tolerationSeconds: 30 }));
  await using cloud = await startTestCloud((api) => {
    api.put(resources.nodes, testNode('edge-1'));
    api.put(resources.nodes, { metadata: { name: 'cloud-1' }, spec: {}, status: {} });
    api.put(resources.pods, testPod('stays', 'edge-1', { tolerations: byDefault }));
    api.put(resources.pods, testPod('moves', 'edge-1', { tolerations: wished }));
    api.put(resources.pods, testPod('elsewhere', 'cloud-1', { tolerations: byDefault }));
  });
  cloud.api.put(resources.pods, testPod('later', 'edge-1', { tolerations: byDefault }));
  await cloud.clock.advance(1_000);
  const endless = byDefault.map(({ tolerationSeconds: _, ...toleration }) => toleration);
  expect(tolerationsOf(cloud, 'stays')).toEqual(endless);
  expect(tolerationsOf(cloud, 'later')).toEqual(endless);
  expect(tolerationsOf(cloud, 'moves')).toEqual(wished);
  expect(tolerationsOf(cloud, 'elsewhere')).toEqual(byDefault);
});
