// Probes, hooks and graceful ends on a real containerd.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { canRunContainerd } from './harness/containerd.ts';
import { busybox, eventually, stay, TestEdge } from './harness/edged.ts';

const real = test.skipIf(!canRunContainerd());
let edge: TestEdge;

beforeAll(async () => {
  if (canRunContainerd()) edge = await TestEdge.start();
}, 60_000);
afterAll(async () => {
  await edge?.[Symbol.asyncDispose]();
}, 60_000);

real(
  'a liveness probe that fails has its container restarted',
  async () => {
    edge.run('live', {
      containers: [
        busybox(stay, {
          livenessProbe: {
            exec: { command: ['sh', '-c', 'echo not well; false'] },
            periodSeconds: 1,
            failureThreshold: 2,
          },
        }),
      ],
    });
    await eventually('the restart', () => edge.status('live')?.containerStatuses?.[0]?.restartCount === 1);
    const events = edge.events('live');
    expect(
      events.filter((text) => text === 'Unhealthy: Liveness probe failed: not well\n').length,
    ).toBeGreaterThanOrEqual(2);
    expect(events).toContain('Killing: Container c failed liveness probe, will be restarted');
    await edge.remove('live');
  },
  60_000,
);

real(
  'HTTP and TCP readiness decide whether the pod is ready; startup comes first',
  async () => {
    edge.run('web', {
      containers: [
        busybox(`touch /etc/up; httpd -p 8080 -h /etc; ${stay}`, {
          ports: [{ name: 'http', containerPort: 8080 }],
          startupProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1 },
          readinessProbe: { httpGet: { path: '/up', port: 'http' }, periodSeconds: 1, failureThreshold: 1 },
        }),
      ],
    });
    await edge.ready('web');
    const id = edge.status('web')?.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '';
    Bun.spawnSync([
      'ctr',
      '-a',
      edge.containerd.socket,
      '-n',
      'k8s.io',
      'task',
      'exec',
      '--exec-id',
      'x',
      id,
      'rm',
      '/etc/up',
    ]);
    await eventually(
      'the pod not to be ready',
      () => edge.status('web')?.containerStatuses?.[0]?.ready === false,
    );
    expect(edge.status('web')?.conditions?.find(({ type }) => type === 'Ready')?.reason).toBe(
      'ContainersNotReady',
    );
    expect(edge.status('web')?.containerStatuses?.[0]?.restartCount).toBe(0);
    await eventually('the event', () =>
      edge
        .events('web')
        .includes('Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404'),
    );
    await edge.remove('web');
  },
  60_000,
);

real(
  'hooks run after the start and before the end, and the grace is kept',
  async () => {
    edge.run('hooks', {
      terminationGracePeriodSeconds: 20,
      volumes: [{ name: 'out', hostPath: { path: edge.containerd.directory } }],
      containers: [
        busybox('trap "echo term >> /out/hooks; exit 0" TERM; while :; do sleep 1 & wait; done', {
          volumeMounts: [{ name: 'out', mountPath: '/out' }],
          lifecycle: {
            postStart: { exec: { command: ['sh', '-c', 'echo start >> /out/hooks'] } },
            preStop: { exec: { command: ['sh', '-c', 'echo stop >> /out/hooks'] } },
          },
        }),
      ],
    });
    await edge.ready('hooks');
    await edge.remove('hooks', 20);
    expect(await Bun.file(`${edge.containerd.directory}/hooks`).text()).toBe('start\nstop\nterm\n');
    const last = edge.store.history.filter(({ name }) => name === 'hooks').at(-1)?.status;
    expect(last?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(0);
  },
  60_000,
);

real(
  'a hook that fails after the start ends the container',
  async () => {
    edge.run('bad-hook', {
      containers: [busybox(stay, { lifecycle: { postStart: { exec: { command: ['false'] } } } })],
    });
    await eventually('the event', () =>
      edge.events('bad-hook').includes('FailedPostStartHook: PostStartHook failed'),
    );
    await eventually(
      'the restart',
      () => (edge.status('bad-hook')?.containerStatuses?.[0]?.restartCount ?? 0) > 0,
    );
    await edge.remove('bad-hook');
  },
  60_000,
);

real(
  'a shorter grace given later ends a pod that does not want to go',
  async () => {
    edge.run('stubborn', {
      terminationGracePeriodSeconds: 3600,
      containers: [busybox('trap "" TERM; while :; do sleep 1; done')],
    });
    await edge.ready('stubborn');
    edge.store.deletePod('stubborn', 3600);
    await eventually('its end to begin', () =>
      edge.events('stubborn').includes('Killing: Stopping container c'),
    );
    await edge.remove('stubborn', 0);
  },
  60_000,
);

real(
  'a sidecar starts first, stays, and goes last',
  async () => {
    edge.run('side', {
      initContainers: [
        busybox(stay, {
          name: 'sidecar',
          restartPolicy: 'Always',
          startupProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
        }),
        busybox('true', { name: 'init' }),
      ],
      containers: [busybox(stay)],
    });
    const status = await edge.ready('side');
    const [sidecar, init] = status.initContainerStatuses ?? [];
    expect(sidecar).toMatchObject({ ready: true, started: true, restartCount: 0 });
    expect(init?.state?.terminated?.reason).toBe('Completed');
    await edge.remove('side', 2);
  },
  60_000,
);
