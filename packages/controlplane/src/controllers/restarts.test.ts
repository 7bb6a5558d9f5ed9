// The manager killed in the middle of its work, and the API server restarted under it: what was asked for comes about, once.

import { expect, test } from 'bun:test';
import { createInformer } from '@selvedge/client';
import { type Deployment, type KubeObject, type Pod, type ReplicaSet, resources } from '@selvedge/kubernetes';
import { TestCluster, until } from './testing/test-cluster.ts';

const replicas = 6;

const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image }] },
});

async function createDeployment({ client }: TestCluster): Promise<void> {
  await client.create(resources.deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template('image:1') },
  });
}

const roll = (cluster: TestCluster, image: string) =>
  cluster.patch(resources.deployments, 'web', {
    spec: { template: { spec: { containers: [{ name: 'main', image }] } } },
  });

const imageOf = (pod: Pod) => pod.spec?.containers[0]?.image;
const rolledOut = (cluster: TestCluster, image: string) =>
  until(`${image} rolled out`, async () => {
    const { status, metadata } = await cluster.get<Deployment>(resources.deployments, 'web');
    const pods = await cluster.list<Pod>(resources.pods, 'app=web');
    return (
      pods.length === replicas &&
      pods.every((pod) => imageOf(pod) === image) &&
      status?.observedGeneration === metadata.generation &&
      status?.availableReplicas === replicas
    );
  });

/** Which pods there ever were, by image. */
function followPods({ client }: TestCluster) {
  const names = new Map<string, Set<string>>();
  const pods = createInformer<Pod & KubeObject>({ client, type: resources.pods, labelSelector: 'app=web' });
  pods.subscribe({
    added: (pod, key) => {
      const image = imageOf(pod) ?? '';
      names.set(image, (names.get(image) ?? new Set()).add(key));
    },
  });
  const stop = new AbortController();
  const running = pods.run(stop.signal);
  return {
    end: async () => {
      stop.abort();
      await running;
      return Object.fromEntries([...names].map(([image, keys]) => [image, keys.size]));
    },
  };
}

async function expectNothingTwice(cluster: TestCluster, templates: number): Promise<void> {
  const sets = await cluster.list<ReplicaSet>(resources.replicasets, 'app=web');
  expect(sets).toHaveLength(templates);
  expect(sets.filter((set) => set.spec?.replicas !== 0)).toHaveLength(1);
  const revisions = sets.map((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision']);
  expect(new Set(revisions).size).toBe(templates);
}

test('a manager that is killed in the middle of rollouts takes them up again where they are', async () => {
  await using cluster = await TestCluster.start();
  cluster.startManagerProcess();
  await cluster.addNode({ name: 'n1' });
  await createDeployment(cluster);
  await rolledOut(cluster, 'image:1');
  const pods = followPods(cluster);
  for (const [index, image] of ['image:2', 'image:3', 'image:4'].entries()) {
    await roll(cluster, image);
    // Killed at another point of the rollout each time.
    await until('it has begun', async () => {
      const pods = await cluster.list<Pod>(resources.pods, 'app=web');
      return pods.filter((pod) => imageOf(pod) === image).length > index * 2;
    });
    await cluster.killManagerProcess();
    cluster.startManagerProcess();
  }
  await rolledOut(cluster, 'image:4');
  await expectNothingTwice(cluster, 4);
  const made = await pods.end();
  expect(made).toMatchObject({ 'image:1': replicas, 'image:4': replicas });
  expect(Math.max(...Object.values(made))).toBe(replicas);
}, 30_000);

test('an API server that is restarted finds its watchers again, and nothing is done twice', async () => {
  await using cluster = await TestCluster.start();
  await cluster.startManager();
  await cluster.addNode({ name: 'n1' });
  await createDeployment(cluster);
  await rolledOut(cluster, 'image:1');
  const pods = followPods(cluster);
  for (const image of ['image:2', 'image:3']) {
    await until('the new template is written', () => roll(cluster, image));
    await until('it has begun', async () => {
      const sets = await cluster.list<ReplicaSet>(resources.replicasets, 'app=web');
      return sets.some((set) => set.spec?.template?.spec?.containers[0]?.image === image);
    });
    await cluster.restartApi();
  }
  await rolledOut(cluster, 'image:3');
  await expectNothingTwice(cluster, 3);
  const made = await pods.end();
  expect(made).toMatchObject({ 'image:1': replicas, 'image:3': replicas });
  expect(Math.max(...Object.values(made))).toBe(replicas);
}, 30_000);
