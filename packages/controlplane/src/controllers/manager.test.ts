// The whole manager against the real API server: rollouts, ownership, namespaces, and what happens when either is restarted.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { isApiFault } from '@selvedge/client';
import {
  type DaemonSet,
  type Deployment,
  type Job,
  type KubeObject,
  type Namespace,
  type Pod,
  type ReplicaSet,
  type ResourceType,
  resources,
} from '@selvedge/kubernetes';
import { TestCluster, until } from './testing/test-cluster.ts';

let cluster: TestCluster;
const withheld = new Set<string>();

beforeAll(async () => {
  cluster = await TestCluster.start();
  await cluster.startManager();
  const isReady = (pod: Pod) => !withheld.has(imageOf(pod));
  await cluster.addNode({ name: 'n1', isReady });
  await cluster.addNode({ name: 'n2', isReady });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const imageOf = (pod: Pod) => pod.spec?.containers[0]?.image ?? '';
const template = (app: string, image: string) => ({
  metadata: { labels: { app } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image, ports: [{ name: 'http', containerPort: 80 }] }],
  },
});
const withImage = (image: string) => ({
  spec: { template: { spec: { containers: [{ name: 'main', image }] } } },
});

async function deploy(name: string, replicas: number, spec: object = {}): Promise<void> {
  const selector = { matchLabels: { app: name } };
  await cluster.client.create(resources.deployments, {
    metadata: { name, namespace: 'default' },
    spec: { replicas, selector, template: template(name, `${name}:1`), ...spec },
  });
}

const conditionOf = (deployment: Deployment, type: string) =>
  deployment.status?.conditions?.find((one) => one.type === type);
const rolledOut = (name: string, image: string) =>
  until(`${name} rolled out`, async () => {
    const deployment = await cluster.get<Deployment>(resources.deployments, name);
    const pods = await cluster.list<Pod>(resources.pods, `app=${name}`);
    const done = conditionOf(deployment, 'Progressing')?.reason === 'NewReplicaSetAvailable';
    const settled = deployment.status?.observedGeneration === deployment.metadata.generation;
    const wanted = deployment.spec?.replicas ?? 0;
    const right = pods.length === wanted && pods.every((pod) => imageOf(pod) === image);
    return done && settled && right && deployment.status?.availableReplicas === wanted && deployment;
  });
const isGone = async (type: ResourceType, name: string) =>
  cluster.get(type, name).then(
    () => false,
    (error: unknown) => isApiFault(error, 'NotFound'),
  );

describe('a deployment', () => {
  test('rolls out, forward and back, and tells how', async () => {
    await deploy('web', 3);
    const first = await rolledOut('web', 'web:1');
    expect(first.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
    // Its controller's own notes raise no generation.
    expect(first.metadata.generation).toBe(1);
    expect(conditionOf(first, 'Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
    });

    await cluster.patch(resources.deployments, 'web', withImage('web:2'));
    const second = await rolledOut('web', 'web:2');
    expect(second.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');

    await cluster.patch(resources.deployments, 'web', withImage('web:1'));
    const third = await rolledOut('web', 'web:1');
    expect(third.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
    const sets = await cluster.list<ReplicaSet>(resources.replicasets, 'app=web');
    const revisions = sets
      .map((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision'])
      .sort();
    expect(revisions).toEqual(['2', '3']);
    await until('the event', async () => (await cluster.events('web')).includes('ScalingReplicaSet'));
    const [pod] = await cluster.list<Pod>(resources.pods, 'app=web');
    expect(pod?.metadata.generateName).toMatch(/^web-\w+-$/);
    expect(pod?.metadata.name).toMatch(/^web-\w+-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    await until('the pod’s events', async () =>
      (await cluster.events(pod?.metadata.name ?? '')).includes('Scheduled'),
    );
  });

  test('that can not go on leaves the old pods serving, and says so after its deadline', async () => {
    withheld.add('stuck:2');
    await deploy('stuck', 3, { progressDeadlineSeconds: 2 });
    await rolledOut('stuck', 'stuck:1');
    await cluster.patch(resources.deployments, 'stuck', withImage('stuck:2'));
    const stuck = await until('the deadline', async () => {
      const deployment = await cluster.get<Deployment>(resources.deployments, 'stuck');
      const { reason } = conditionOf(deployment, 'Progressing') ?? {};
      return reason === 'ProgressDeadlineExceeded' && deployment.status?.updatedReplicas === 1 && deployment;
    });
    expect(conditionOf(stuck, 'Progressing')?.status).toBe('False');
    expect(stuck.status).toMatchObject({ availableReplicas: 3, updatedReplicas: 1, unavailableReplicas: 1 });
    await cluster.patch(resources.deployments, 'stuck', withImage('stuck:1'));
    await rolledOut('stuck', 'stuck:1');
  });

  test('adopts what it finds and is made whole when pods are deleted', async () => {
    await deploy('whole', 2);
    await rolledOut('whole', 'whole:1');
    const [victim] = await cluster.list<Pod>(resources.pods, 'app=whole');
    const name = victim?.metadata.name ?? '';
    await cluster.client.delete({ type: resources.pods, namespace: 'default', name });
    await until('another in its place', async () => {
      const pods = await cluster.list<Pod>(resources.pods, 'app=whole');
      return pods.length === 2 && pods.every((pod) => pod.metadata.name !== name);
    });
    const reference = { type: resources.deployments, namespace: 'default', name: 'whole' };
    await cluster.client.delete(reference, { propagationPolicy: 'Orphan' });
    const [set] = await until('its replica set alone', async () => {
      const sets = await cluster.list<ReplicaSet>(resources.replicasets, 'app=whole');
      return sets[0]?.metadata.ownerReferences === undefined && sets;
    });
    await until('the deployment gone', () => isGone(resources.deployments, 'whole'));
    await deploy('whole', 2);
    await until('the replica set adopted', async () => {
      const now = await cluster.get<ReplicaSet>(resources.replicasets, set?.metadata.name ?? '');
      return now.metadata.ownerReferences?.[0]?.name === 'whole';
    });
    expect(await cluster.list(resources.replicasets, 'app=whole')).toHaveLength(1);
  });
});

describe('a daemon set', () => {
  test('runs on every node, those that come later too, and counts its templates', async () => {
    const selector = { matchLabels: { app: 'agent' } };
    await cluster.client.create(resources.daemonsets, {
      metadata: { name: 'agent', namespace: 'default' },
      spec: { selector, template: template('agent', 'agent:1') },
    });
    const pods = (image: string, generation: string) =>
      until(`${image} on both nodes`, async () => {
        const list = await cluster.list<Pod>(
          resources.pods,
          `app=agent,pod-template-generation=${generation}`,
        );
        const nodes = list.filter((pod) => imageOf(pod) === image).map((pod) => pod.spec?.nodeName);
        return nodes.sort().join() === 'n1,n2';
      });
    await pods('agent:1', '1');
    await cluster.patch(resources.daemonsets, 'agent', withImage('agent:2'));
    await pods('agent:2', '2');
    const daemonSet = await until('its status', async () => {
      const now = await cluster.get<DaemonSet>(resources.daemonsets, 'agent');
      return now.status?.updatedNumberScheduled === 2 && now.status.numberAvailable === 2 && now;
    });
    expect(daemonSet.metadata.annotations?.['deprecated.daemonset.template.generation']).toBe('2');
    const revisions = await cluster.list<KubeObject>(resources.controllerrevisions, 'app=agent');
    expect(revisions.map((one) => one.revision).sort()).toEqual([1, 2]);
    const reference = { type: resources.daemonsets, namespace: 'default', name: 'agent' };
    await cluster.client.delete(reference);
    await until('all of it gone', async () => {
      const left = await cluster.list(resources.pods, 'app=agent');
      return left.length + (await cluster.list(resources.controllerrevisions, 'app=agent')).length === 0;
    });
  });
});

describe('a job', () => {
  const end = async (pod: Pod | undefined, phase: string) =>
    cluster.patch(resources.pods, pod?.metadata?.name ?? '', { status: { phase } }, 'status');
  const create = (name: string, spec: object) =>
    cluster.client.create(resources.jobs, {
      metadata: { name, namespace: 'default' },
      spec: {
        ...spec,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: name }] } },
      },
    });
  const running = (name: string, count: number) =>
    until(`${count} of ${name} running`, async () => {
      const pods = await cluster.list<Pod>(resources.pods, `job-name=${name}`);
      const active = pods.filter((pod) => pod.status?.phase === 'Running');
      return active.length === count && active;
    });
  const ended = (name: string, type: string) =>
    until(`${name} ${type}`, async () => {
      const job = await cluster.get<Job>(resources.jobs, name);
      return job.status?.conditions?.some((one) => one.type === type && one.status === 'True') && job;
    });

  test('runs until enough pods have succeeded, and counts them also when they are deleted at once', async () => {
    await create('work', { completions: 3, parallelism: 2 });
    const [first, second] = await running('work', 2);
    await end(first, 'Succeeded');
    await cluster.client.delete({
      type: resources.pods,
      namespace: 'default',
      name: first?.metadata.name ?? '',
    });
    await end(second, 'Succeeded');
    const [third] = await running('work', 1);
    await end(third, 'Succeeded');
    const { status } = await ended('work', 'Complete');
    expect(status).toMatchObject({
      succeeded: 3,
      conditions: [{ type: 'SuccessCriteriaMet' }, { type: 'Complete' }],
    });
    await until('the event', async () => (await cluster.events('work')).includes('Completed'));
    const reference = { type: resources.jobs, namespace: 'default', name: 'work' };
    await cluster.client.delete(reference, { propagationPolicy: 'Foreground' });
    await until('all of it gone', () => isGone(resources.jobs, 'work'));
    expect(await cluster.list(resources.pods, 'job-name=work')).toEqual([]);
  });

  test('fails when its pods do, and refuses pods that never finish', async () => {
    await create('broken', { backoffLimit: 0 });
    const [only] = await running('broken', 1);
    await end(only, 'Failed');
    expect((await ended('broken', 'Failed')).status).toMatchObject({ failed: 1 });
    const template = { spec: { containers: [{ name: 'main', image: 'a' }] } };
    const refused = cluster.client.create(resources.jobs, {
      metadata: { name: 'endless', namespace: 'default' },
      spec: { template },
    });
    const reason = await refused.then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    expect(reason).toContain(
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    );
  });
});

describe('a service', () => {
  test('has the addresses of its ready pods in both forms, in one slice all along', async () => {
    await cluster.client.create(resources.services, {
      metadata: { name: 'served', namespace: 'default' },
      spec: { selector: { app: 'served' }, ports: [{ port: 80, targetPort: 'http' }] },
    });
    const slices = () =>
      cluster.list<KubeObject>(resources.endpointslices, 'kubernetes.io/service-name=served');
    const ready = (slice: KubeObject) =>
      (slice.endpoints as { conditions: { ready: boolean } }[] | null) ?? [];
    const [empty] = await until('an empty slice', async () => {
      const list = await slices();
      return list.length === 1 && list;
    });
    await deploy('served', 2);
    await rolledOut('served', 'served:1');
    const withReady = (count: number) =>
      until(`${count} ready`, async () => {
        const list = await slices();
        const endpoints = list.flatMap(ready);
        return endpoints.length === count && endpoints.every((one) => one.conditions.ready) && list;
      });
    const filled = await withReady(2);
    expect(filled.map((one) => one.metadata.name)).toEqual([empty?.metadata.name ?? '']);
    await until('both addresses in the older form', async () => {
      const { subsets = [] } = await cluster.get<{ subsets?: { addresses?: unknown[] }[] }>(
        resources.endpoints,
        'served',
      );
      return subsets[0]?.addresses?.length === 2;
    });
    await cluster.patch(resources.deployments, 'served', { spec: { replicas: 0 } });
    expect((await withReady(0)).map((one) => one.metadata.name)).toEqual([empty?.metadata.name ?? '']);
    await cluster.client.delete({ type: resources.services, namespace: 'default', name: 'served' });
    await until(
      'nothing left',
      async () => (await slices()).length === 0 && isGone(resources.endpoints, 'served'),
    );
  });
});

describe('garbage collection', () => {
  test('takes all that was owned, and in the foreground the owner last', async () => {
    await deploy('parent', 2);
    await rolledOut('parent', 'parent:1');
    const reference = { type: resources.deployments, namespace: 'default', name: 'parent' };
    await cluster.client.delete(reference, { propagationPolicy: 'Foreground' });
    await until('the deployment gone', () => isGone(resources.deployments, 'parent'));
    expect(await cluster.list(resources.replicasets, 'app=parent')).toEqual([]);
    expect(await cluster.list(resources.pods, 'app=parent')).toEqual([]);
  });

  test('takes an object whose owner never was, but none whose owner it can not ask about', async () => {
    const own = (name: string, owner: { apiVersion: string; kind: string }) =>
      cluster.client.create(resources.configmaps, {
        metadata: { name, namespace: 'default', ownerReferences: [{ ...owner, name: 'nobody', uid: name }] },
      });
    await own('of-later-version', { apiVersion: 'apps/v9', kind: 'Deployment' });
    await own('of-unknown-kind', { apiVersion: 'example.org/v1', kind: 'Nothing' });
    await own('orphan', { apiVersion: 'apps/v1', kind: 'Deployment' });
    await until('it gone', () => isGone(resources.configmaps, 'orphan'));
    for (const name of ['of-later-version', 'of-unknown-kind']) {
      expect(await isGone(resources.configmaps, name)).toBe(false);
    }
  });

  test('takes what a custom resource owned, of a kind that is as new as itself', async () => {
    const { client } = cluster;
    const schema = { openAPIV3Schema: { type: 'object' } };
    const names = { plural: 'gadgets', singular: 'gadget', kind: 'Gadget' };
    await client.create(resources.customresourcedefinitions, {
      metadata: { name: 'gadgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names,
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
    const gadgets = {
      group: 'example.com',
      version: 'v1',
      resource: 'gadgets',
      kind: 'Gadget',
      namespaced: true,
    };
    const gadget = await until('the kind served', () =>
      client.create(gadgets, { metadata: { name: 'first', namespace: 'default' } }),
    );
    const { name, uid } = gadget.metadata;
    const owner = { apiVersion: 'example.com/v1', kind: 'Gadget', name, uid };
    await client.create(resources.configmaps, {
      metadata: { name: 'of-gadget', namespace: 'default', ownerReferences: [owner] },
    });
    await client.delete({ type: gadgets, namespace: 'default', name });
    await until('it gone', () => isGone(resources.configmaps, 'of-gadget'));
  });
});

describe('a namespace', () => {
  test('gets its service account and CA, and goes when all that is in it can go', async () => {
    const { client } = cluster;
    await client.create(resources.namespaces, { metadata: { name: 'brief' } });
    const get = (type: ResourceType, name: string) => cluster.get<KubeObject>(type, name, 'brief');
    await until('the service account', () => get(resources.serviceaccounts, 'default'));
    const ca = await until('the CA', () => get(resources.configmaps, 'kube-root-ca.crt'));
    expect(ca.data).toEqual({ 'ca.crt': 'PEM' });
    await client.create(resources.configmaps, {
      metadata: { name: 'held', namespace: 'brief', finalizers: ['example.com/hold'] },
    });
    await client.delete({ type: resources.namespaces, name: 'brief' });
    await until('the reason', async () => {
      const { status } = await cluster.get<Namespace>(resources.namespaces, 'brief');
      return status?.conditions
        ?.find((one) => one.type === 'NamespaceFinalizersRemaining')
        ?.message?.endsWith('example.com/hold in 1 resource instances');
    });
    const held = { type: resources.configmaps, namespace: 'brief', name: 'held' };
    await client.patch(held, 'merge', { metadata: { finalizers: null } });
    await until('the namespace gone', () => isGone(resources.namespaces, 'brief'));
  });
});

describe('the scheduler', () => {
  test('places a waiting pod when a node takes it, or when the pod that it asks for comes', async () => {
    const run = (name: string, spec: object) =>
      cluster.client.create(resources.pods, {
        metadata: { name, namespace: 'default', labels: { run: name } },
        spec: { containers: [{ name: 'main', image: 'a' }], ...spec },
      });
    const nodeOf = async (name: string) => (await cluster.get<Pod>(resources.pods, name)).spec?.nodeName;
    const waits = (name: string, why: string) =>
      until(`${name} waits`, async () => {
        const { status } = await cluster.get<Pod>(resources.pods, name);
        return status?.conditions?.find((one) => one.reason === 'Unschedulable')?.message?.includes(why);
      });
    await run('selective', { nodeSelector: { disk: 'ssd' } });
    const term = { labelSelector: { matchLabels: { run: 'leader' } }, topologyKey: 'kubernetes.io/hostname' };
    const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    await run('follower', { affinity });
    await waits('selective', "2 node(s) didn't match Pod's node affinity/selector");
    await waits('follower', "2 node(s) didn't match pod affinity rules");
    await cluster.patch(resources.nodes, 'n2', { metadata: { labels: { disk: 'ssd' } } });
    await until('a node for it', async () => (await nodeOf('selective')) === 'n2');
    await run('leader', {});
    await until('both together', async () => {
      const node = await nodeOf('leader');
      return node !== undefined && (await nodeOf('follower')) === node;
    });
  });
});
