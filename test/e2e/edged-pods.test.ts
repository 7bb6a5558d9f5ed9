// Pods on a real containerd: what a specification asks for is what a container finds, and nothing stays behind.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { canRunContainerd } from './harness/containerd.ts';
import { busybox, eventually, nodeName, stay, TestEdge } from './harness/edged.ts';

const real = test.skipIf(!canRunContainerd());
let edge: TestEdge;

beforeAll(async () => {
  if (canRunContainerd()) edge = await TestEdge.start();
}, 60_000);
afterAll(async () => {
  await edge?.[Symbol.asyncDispose]();
}, 60_000);

real(
  'a pod runs, answers on its address, writes its log and leaves nothing behind',
  async () => {
    edge.run('plain', { containers: [busybox('echo started; exec httpd -f -p 8080 -h /etc')] });
    const status = await edge.ready('plain');
    expect(status).toMatchObject({ phase: 'Running', qosClass: 'BestEffort', hostIP: '127.0.0.1' });
    // Without a probe a pod is ready when its process runs, a moment before that listens.
    const answer = await eventually('an answer', () =>
      fetch(`http://${status.podIP}:8080/hostname`).then(
        (response) => response.text(),
        () => undefined,
      ),
    );
    expect(answer).toBe('plain\n');
    expect(await edge.logs('plain')).toBe('started\n');
    expect(edge.events('plain')).toEqual([
      'Pulled: Container image "localhost/busybox:1" already present on machine',
      'Created: Created container c',
      'Started: Started container c',
    ]);
    const uid = edge.store.pod('default', 'plain')?.metadata.uid;
    await edge.remove('plain', 1);
    expect(edge.events('plain').at(-1)).toBe('Killing: Stopping container c');
    expect(readdirSync(edge.logDirectory).filter((name) => name.includes('_plain_'))).toEqual([]);
    expect(existsSync(`${edge.rootDirectory}/pods/${uid}`)).toBe(false);
    expect(existsSync(`/sys/fs/cgroup/cpu/kubepods/besteffort/pod${uid}`)).toBe(false);
  },
  60_000,
);

real(
  'init containers, environment, volumes and security settings reach the containers',
  async () => {
    edge.store.put('configmap', {
      metadata: { name: 'settings' },
      data: { greeting: 'hello', other: 'x' },
    } as never);
    const password = Buffer.from('hunter2').toString('base64');
    edge.store.put('secret', { metadata: { name: 'keys' }, data: { password } } as never);
    edge.run(
      'full',
      {
        hostAliases: [{ ip: '10.1.2.3', hostnames: ['far'] }],
        securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000, supplementalGroups: [3000] },
        volumes: [
          {
            name: 'conf',
            configMap: { name: 'settings', items: [{ key: 'greeting', path: 'a/b', mode: 0o400 }] },
          },
          { name: 'keys', secret: { secretName: 'keys', defaultMode: 0o400 } },
          {
            name: 'info',
            downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] },
          },
          { name: 'scratch', emptyDir: {} },
          { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
          {
            name: 'token',
            projected: {
              sources: [{ serviceAccountToken: { path: 'token' } }, { configMap: { name: 'settings' } }],
            },
          },
        ],
        initContainers: [
          busybox('mkdir /s/one; echo from-first > /s/one/file', {
            name: 'first',
            volumeMounts: [{ name: 'scratch', mountPath: '/s' }],
          }),
          busybox('cat /s/one/file', {
            name: 'second',
            volumeMounts: [{ name: 'scratch', mountPath: '/s' }],
          }),
        ],
        containers: [
          {
            ...busybox(`
id; pwd; env | grep -E '^(GREETING|PASSWORD|NODE|IP|CPU|MEM|S_other)=' | sort
echo args $0 $1; cat /conf/a/b; echo; cat /keys/password; echo; cat /info/labels; echo; cat /sub/file
stat -L -c '%a %g' /conf/a/b /keys/password /token/token; cat /token/token; echo; cat /token/other; echo
df /m | tail -1 | awk '{print $1, $2}'; grep far /etc/hosts; cat /etc/resolv.conf; grep NoNewPrivs /proc/self/status
touch /x 2>&1 || echo read-only
echo done
${stay}`),
            args: ['first', '$(GREETING)-$(NOBODY)-$$(GREETING)'],
            workingDir: '/tmp',
            env: [
              { name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'settings', key: 'greeting' } } },
              { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
              { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
              { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
              { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
              {
                name: 'MEM',
                valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } },
              },
            ],
            envFrom: [{ prefix: 'S_', configMapRef: { name: 'settings' } }],
            resources: { limits: { cpu: '200m', memory: '64Mi' }, requests: { cpu: '50m', memory: '16Mi' } },
            securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
            volumeMounts: [
              { name: 'conf', mountPath: '/conf' },
              { name: 'keys', mountPath: '/keys', readOnly: true },
              { name: 'info', mountPath: '/info' },
              { name: 'scratch', mountPath: '/sub', subPath: 'one' },
              { name: 'memory', mountPath: '/m' },
              { name: 'token', mountPath: '/token', readOnly: true },
            ],
          },
        ],
      },
      { labels: { app: 'full' } },
    );
    const status = await edge.ready('full');
    const output = await eventually('the output', async () => {
      const text = await edge.logs('full');
      return text.includes('done\n') ? text : undefined;
    });
    expect(output.split('\n').slice(0, 27)).toEqual([
      'uid=1000 gid=1000 groups=1000,2000,3000',
      '/tmp',
      'CPU=1',
      'GREETING=hello',
      `IP=${status.podIP}`,
      'MEM=16',
      `NODE=${nodeName}`,
      'PASSWORD=hunter2',
      'S_other=x',
      'args first hello-$(NOBODY)-$(GREETING)',
      'hello',
      'hunter2',
      'app="full"',
      'from-first',
      '440 2000',
      '440 2000',
      '640 2000',
      'token-default-default-1',
      'x',
      'tmpfs 8192',
      '10.1.2.3\tfar',
      'search default.svc.cluster.local svc.cluster.local cluster.local',
      'nameserver 10.96.0.10',
      'options ndots:5',
      'NoNewPrivs:\t1',
      'touch: /x: Read-only file system',
      'read-only',
    ]);
    expect(await edge.logs('full', 'second')).toBe('from-first\n');
    expect(
      status.initContainerStatuses?.map(({ ready, state }) => [ready, state?.terminated?.reason]),
    ).toEqual([
      [true, 'Completed'],
      [true, 'Completed'],
    ]);
    await edge.remove('full');
  },
  60_000,
);

real(
  'a changed config map or secret reaches the running pod, and a missing one lets it wait',
  async () => {
    edge.run('live', {
      volumes: [
        { name: 'conf', configMap: { name: 'later' } },
        { name: 'maybe', secret: { secretName: 'maybe', optional: true } },
      ],
      containers: [
        busybox(stay, {
          volumeMounts: [
            { name: 'conf', mountPath: '/conf' },
            { name: 'maybe', mountPath: '/maybe' },
          ],
        }),
      ],
    });
    const missing = 'FailedMount: MountVolume.SetUp failed for volume "conf" : configmap "later" not found';
    await eventually('the event', () => edge.events('live').includes(missing));
    expect(edge.status('live')?.containerStatuses?.[0]?.state).toMatchObject({
      waiting: { reason: 'ContainerCreating' },
    });
    edge.store.put('configmap', { metadata: { name: 'later' }, data: { key: 'one', gone: 'x' } } as never);
    await edge.ready('live');
    const uid = edge.store.pod('default', 'live')?.metadata.uid;
    const volumes = `${edge.rootDirectory}/pods/${uid}/volumes`;
    const conf = `${volumes}/kubernetes.io~configmap/conf`;
    expect(
      readdirSync(conf)
        .filter((name) => !name.startsWith('..'))
        .sort(),
    ).toEqual(['gone', 'key']);
    edge.store.put('configmap', { metadata: { name: 'later' }, data: { key: 'two' } } as never);
    await eventually('the new content', async () => (await Bun.file(`${conf}/key`).text()) === 'two');
    await eventually('the old key to go', () => !existsSync(`${conf}/gone`));
    edge.store.put('secret', { metadata: { name: 'maybe' }, data: { s: 'MQ==' } } as never);
    await eventually('the optional secret', () => existsSync(`${volumes}/kubernetes.io~secret/maybe/s`));
    await edge.remove('live');
  },
  60_000,
);

real(
  'what ends is restarted, with back-off, and its last words are told',
  async () => {
    edge.run('crash', { containers: [busybox('echo last words; echo gone > /dev/termination-log; exit 3')] });
    const status = await eventually('back-off', () => {
      const now = edge.status('crash');
      return now?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff' ? now : undefined;
    });
    const uid = edge.store.pod('default', 'crash')?.metadata.uid;
    expect(status).toMatchObject({
      phase: 'Running',
      containerStatuses: [
        {
          ready: false,
          started: false,
          restartCount: 1,
          state: {
            waiting: { message: `back-off 10s restarting failed container=c pod=crash_default(${uid})` },
          },
          lastState: { terminated: { exitCode: 3, reason: 'Error', message: 'gone\n' } },
        },
      ],
    });
    expect(edge.events('crash')).toContain(
      `BackOff: Back-off restarting failed container c in pod crash_default(${uid})`,
    );
    expect(await edge.logs('crash', 'c', '?previous=true')).toBe('last words\n');
    await edge.remove('crash');
  },
  60_000,
);

real(
  'a pod that need not run again ends as Succeeded or Failed',
  async () => {
    edge.run('good', { restartPolicy: 'Never', containers: [busybox('echo ok')] });
    edge.run('bad', { restartPolicy: 'Never', containers: [busybox('exit 2')] });
    const good = await edge.phase('good', 'Succeeded');
    const bad = await edge.phase('bad', 'Failed');
    expect(good.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodCompleted',
    });
    expect(bad.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 2, reason: 'Error' });
    expect(await edge.logs('good')).toBe('ok\n');
    await Promise.all([edge.remove('good'), edge.remove('bad')]);
  },
  60_000,
);

real(
  'images that are not there are told in the words of a kubelet',
  async () => {
    edge.run('never', {
      containers: [busybox(stay, { image: 'localhost/nothing:1', imagePullPolicy: 'Never' })],
    });
    edge.run('pull', { containers: [busybox(stay, { image: '127.0.0.1:9/nothing:1' })] });
    edge.run('name', { containers: [busybox(stay, { image: 'Not A Name' })] });
    const reason = (pod: string) => edge.status(pod)?.containerStatuses?.[0]?.state?.waiting?.reason;
    await eventually('ErrImageNeverPull', () => reason('never') === 'ErrImageNeverPull');
    await eventually('ImagePullBackOff', () => reason('pull') === 'ImagePullBackOff');
    await eventually('InvalidImageName', () => reason('name') === 'InvalidImageName');
    const events = edge.events('pull');
    expect(events).toContain('Pulling: Pulling image "127.0.0.1:9/nothing:1"');
    expect(events).toContain('Failed: Error: ErrImagePull');
    expect(events).toContain('BackOff: Back-off pulling image "127.0.0.1:9/nothing:1"');
    expect(events.find((text) => text.startsWith('Failed: Failed to pull'))).toStartWith(
      'Failed: Failed to pull image "127.0.0.1:9/nothing:1": rpc error: code = Unknown desc = failed to pull and unpack image',
    );
    await Promise.all(['never', 'pull', 'name'].map((pod) => edge.remove(pod)));
  },
  60_000,
);

real(
  'an image changed in place restarts only that container',
  async () => {
    edge.run('swap', { containers: [busybox(stay, { name: 'a' }), busybox(stay, { name: 'b' })] });
    const before = await edge.ready('swap');
    const pod = edge.store.pod('default', 'swap');
    const [a, b] = pod?.spec?.containers ?? [];
    edge.store.put('pod', {
      ...pod,
      spec: { ...pod?.spec, containers: [a, { ...b, image: 'localhost/pause:1' }] },
    } as never);
    const after = await eventually('the restart', () => {
      const status = edge.status('swap');
      return status?.containerStatuses?.[1]?.restartCount === 1 && status.containerStatuses[1].ready
        ? status
        : undefined;
    });
    expect(after.containerStatuses?.[0]?.containerID).toBe(before.containerStatuses?.[0]?.containerID);
    expect(after.containerStatuses?.[1]?.image).toBe('localhost/pause:1');
    expect(edge.events('swap')).toContain('Killing: Container b definition changed, will be restarted');
    await edge.remove('swap');
  },
  60_000,
);

real(
  'a pod that does not fit is refused',
  async () => {
    edge.run('huge', { containers: [busybox(stay, { resources: { requests: { cpu: '1000' } } })] });
    const status = await edge.phase('huge', 'Failed');
    expect(status.reason).toBe('OutOfcpu');
    expect(status.message).toStartWith(
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 1000000, used: 0,",
    );
    await edge.remove('huge');
  },
  60_000,
);
