// What outlives the agent, the runtime and the power: pods are adopted or come back from the store alone.

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { canRunContainerd } from './harness/containerd.ts';
import { busybox, eventually, stay, TestEdge } from './harness/edged.ts';

const real = test.skipIf(!canRunContainerd());
let edge: TestEdge;

beforeEach(async () => {
  if (canRunContainerd()) edge = await TestEdge.start();
}, 60_000);
afterEach(async () => {
  await edge?.[Symbol.asyncDispose]();
}, 60_000);

const tokenVolume = { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } };
const tokenMount = { name: 'token', mountPath: '/token', readOnly: true };

function containerIds(name: string): (string | undefined)[] {
  return (edge.status(name)?.containerStatuses ?? []).map(({ containerID }) => containerID);
}

real(
  'a new agent adopts what runs and goes on with what it was doing',
  async () => {
    edge.store.put('configmap', { metadata: { name: 'conf' }, data: { key: 'one' } } as never);
    edge.run('stays', {
      volumes: [{ name: 'conf', configMap: { name: 'conf' } }, tokenVolume],
      containers: [
        busybox(stay, {
          volumeMounts: [{ name: 'conf', mountPath: '/conf' }, tokenMount],
          livenessProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
        }),
      ],
    });
    edge.run('unwanted', { containers: [busybox(stay)] });
    edge.run('crash', { containers: [busybox('exit 1')] });
    await edge.ready('stays');
    await edge.ready('unwanted');
    await eventually(
      'back-off',
      () => edge.status('crash')?.containerStatuses?.[0]?.state?.waiting !== undefined,
    );
    const before = containerIds('stays');
    const restarts = edge.status('crash')?.containerStatuses?.[0]?.restartCount ?? 0;
    await edge.stopAgent();
    edge.store.remove('pod', 'unwanted');
    edge.store.put('configmap', { metadata: { name: 'conf' }, data: { key: 'two' } } as never);
    await edge.startAgent();
    const uid = edge.store.pod('default', 'stays')?.metadata.uid;
    await edge.ready('stays');
    expect(containerIds('stays')).toEqual(before);
    expect(edge.status('stays')?.containerStatuses?.[0]?.restartCount).toBe(0);
    const path = `${edge.rootDirectory}/pods/${uid}/volumes/kubernetes.io~configmap/conf/key`;
    await eventually('what changed meanwhile', async () => (await Bun.file(path).text()) === 'two');
    await eventually('the back-off to go on', () => {
      const waiting = edge.status('crash')?.containerStatuses?.[0];
      return (
        (waiting?.restartCount ?? 0) >= restarts && waiting?.state?.waiting?.reason === 'CrashLoopBackOff'
      );
    });
    await eventually('the unwanted pod to go', async () => {
      const pods = await Array.fromAsync(
        new Bun.Glob('default_unwanted_*').scan({ cwd: edge.logDirectory, onlyFiles: false }),
      );
      return pods.length === 0;
    });
  },
  90_000,
);

real(
  'after a power cut the pods return from the store, their tokens too',
  async () => {
    edge.run('back', {
      volumes: [tokenVolume, { name: 'keep', emptyDir: {} }],
      initContainers: [
        busybox('echo $RANDOM >> /keep/starts', {
          name: 'init',
          volumeMounts: [{ name: 'keep', mountPath: '/keep' }],
        }),
      ],
      containers: [
        busybox(`cat /token/token; echo; wc -l < /keep/starts; ${stay}`, {
          volumeMounts: [tokenMount, { name: 'keep', mountPath: '/keep' }],
        }),
      ],
    });
    const before = await edge.ready('back');
    await edge.stopAgent();
    await edge.containerd.cutPower();
    await edge.containerd.start();
    await edge.startAgent();
    const after = await eventually('the pod to run again', () => {
      const status = edge.status('back');
      return status?.containerStatuses?.[0]?.ready && status.containerStatuses[0].restartCount === 1
        ? status
        : undefined;
    });
    expect(after.podIP).not.toBe(before.podIP);
    expect(after.startTime).toBe(before.startTime);
    expect(edge.events('back')).toContain(
      'SandboxChanged: Pod sandbox changed, it will be killed and re-created.',
    );
    await eventually('its output', async () => (await edge.logs('back')) === 'token-default-default-2\n2\n');
  },
  90_000,
);

real(
  'a container or a whole pod killed from outside comes back',
  async () => {
    edge.run('victim', { containers: [busybox(stay)] });
    await edge.ready('victim');
    const kill = (id: string) =>
      Bun.spawnSync([
        'ctr',
        '-a',
        edge.containerd.socket,
        '-n',
        'k8s.io',
        'task',
        'kill',
        '-s',
        'SIGKILL',
        id,
      ]);
    const bare = (id: string | undefined) => (id ?? '').replace('containerd://', '');
    kill(bare(containerIds('victim')[0]));
    await eventually(
      'the restart',
      () => edge.status('victim')?.containerStatuses?.[0]?.restartCount === 1 && edge.ready('victim'),
    );
    const tasks = Bun.spawnSync([
      'ctr',
      '-a',
      edge.containerd.socket,
      '-n',
      'k8s.io',
      'task',
      'ls',
      '-q',
    ]).stdout.toString();
    for (const id of tasks.trim().split('\n')) kill(id);
    await eventually('a new sandbox', () =>
      edge.events('victim').some((text) => text.startsWith('SandboxChanged')),
    );
    await eventually('the second restart', () => {
      const container = edge.status('victim')?.containerStatuses?.[0];
      return container?.restartCount === 2 && container.ready;
    });
  },
  90_000,
);

real(
  'with the runtime gone the node is not ready, and all goes on when it is back',
  async () => {
    edge.run('calm', { containers: [busybox(stay)] });
    await edge.ready('calm');
    const before = containerIds('calm');
    await edge.containerd.stop();
    const ready = () => edge.store.reportedNode?.status?.conditions?.find(({ type }) => type === 'Ready');
    await eventually('the node to tell', () => ready()?.status === 'False');
    expect(ready()?.message).toStartWith('container runtime is down');
    await edge.containerd.start();
    edge.run('next', { containers: [busybox(stay)] });
    await edge.ready('next');
    expect(containerIds('calm')).toEqual(before);
    await eventually('the node to be ready', () => ready()?.status === 'True');
  },
  90_000,
);
