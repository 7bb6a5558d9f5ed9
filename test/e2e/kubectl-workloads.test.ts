// kubectl on workloads behaves as on Kubernetes: rollouts, scaling, draining and tainting nodes, deleting with all its choices.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { eventually, kubectlOfToday, LocalCluster, reasonToSkip } from './local-cluster.ts';

const reason = await reasonToSkip({ kubectl: kubectlOfToday });
if (reason) console.log(`skipped: ${reason}`);

const image = 'localhost/busybox:1';
const timeout = '--timeout=60s';

interface Pod {
  readonly metadata: { readonly name: string; readonly ownerReferences?: unknown[] };
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
  readonly status: { readonly phase: string };
}

describe.skipIf(reason !== undefined)('kubectl on workloads', () => {
  let cluster: LocalCluster;

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    await output('delete', 'deployment', 'hello');
  });

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  const kubectl = (...args: string[]) => cluster.kubectl(args);
  const output = (...args: string[]) => cluster.kubectlOutput(args);
  const value = (path: string, ...of: string[]) => output('get', ...of, '-o', `jsonpath={${path}}`);
  const pods = async (selector: string): Promise<readonly Pod[]> =>
    JSON.parse(await output('get', 'pods', '-l', selector, '-o', 'json')).items;
  const deploy = async (name: string, replicas: number, namespace = 'default') => {
    await cluster.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [{ name: 'main', image, command: ['sleep', '3600'] }],
          },
        },
      },
    });
    await output('rollout', 'status', `deployment/${name}`, '-n', namespace, timeout);
  };

  describe('rollout', () => {
    beforeEach(() => deploy('web', 2));

    test('status follows an update to its end; history numbers it, undo goes back', async () => {
      await output('annotate', 'deployment/web', 'kubernetes.io/change-cause=first');
      expect(await output('set', 'env', 'deployment/web', 'COLOUR=blue')).toBe(
        'deployment.apps/web env updated\n',
      );
      await output('annotate', 'deployment/web', '--overwrite', 'kubernetes.io/change-cause=blue');
      const status = await output('rollout', 'status', 'deployment/web', timeout);
      expect(status).toEndWith('deployment "web" successfully rolled out\n');
      expect(await output('rollout', 'history', 'deployment/web')).toBe(
        'deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         first\n2         blue\n\n',
      );
      const second = await output('rollout', 'history', 'deployment/web', '--revision=2');
      expect(second).toMatch(/COLOUR:\tblue/);
      expect(await output('rollout', 'undo', 'deployment/web')).toBe('deployment.apps/web rolled back\n');
      await output('rollout', 'status', 'deployment/web', timeout);
      expect(await value('.spec.template.spec.containers[0].env', 'deployment', 'web')).toBe('');
      expect(
        await value('.metadata.annotations.deployment\\.kubernetes\\.io/revision', 'deployment', 'web'),
      ).toBe('3');
      expect(await output('rollout', 'history', 'deployment/web')).toMatch(/^2 +blue\n3 +first$/m);
      expect(await output('rollout', 'undo', 'deployment/web', '--to-revision=2')).toContain('rolled back');
      await output('rollout', 'status', 'deployment/web', timeout);
      expect(await value('.spec.template.spec.containers[0].env[0].value', 'deployment', 'web')).toBe('blue');
    });

    test('an image that does not exist stops it half-way, with the old pods serving', async () => {
      await output('set', 'image', 'deployment/web', 'main=localhost/nothing:1');
      const stuck = await kubectl('rollout', 'status', 'deployment/web', '--timeout=3s');
      expect(stuck.code).toBe(1);
      expect(stuck.stdout).toContain('1 out of 2 new replicas have been updated...');
      expect(stuck.stderr).toBe('error: timed out waiting for the condition\n');
      expect(await value('.status.availableReplicas', 'deployment', 'web')).toBe('2');
      await eventually('the reason is shown', async () =>
        /0\/1 +(ErrImagePull|ImagePullBackOff|ErrImageNeverPull)/.test(
          await output('get', 'pods', '-l', 'app=web'),
        ),
      );
      await output('rollout', 'undo', 'deployment/web');
      await output('rollout', 'status', 'deployment/web', timeout);
      await eventually('the broken pod is gone', async () => (await pods('app=web')).length === 2);
    });

    test('restart replaces every pod; pause holds a change back until resume', async () => {
      const before = (await pods('app=web')).map((pod) => pod.metadata.name);
      expect(await output('rollout', 'restart', 'deployment/web')).toBe('deployment.apps/web restarted\n');
      await output('rollout', 'status', 'deployment/web', timeout);
      await eventually('only new pods', async () =>
        (await pods('app=web')).every((pod) => !before.includes(pod.metadata.name)),
      );
      await output('rollout', 'pause', 'deployment/web');
      await output('set', 'env', 'deployment/web', 'HELD=yes');
      expect(await kubectl('rollout', 'undo', 'deployment/web')).toMatchObject({
        code: 1,
        stderr:
          "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again\n",
      });
      await eventually('the pause is told', async () =>
        (await output('describe', 'deployment', 'web')).includes('DeploymentPaused'),
      );
      expect(await output('rollout', 'status', 'deployment/web', '--watch=false')).toContain(
        '0 out of 2 new replicas',
      );
      await output('rollout', 'resume', 'deployment/web');
      await output('rollout', 'status', 'deployment/web', timeout);
    });

    test('scale up and down, on condition too', async () => {
      expect(await output('scale', 'deployment/web', '--replicas=4')).toBe('deployment.apps/web scaled\n');
      await output('rollout', 'status', 'deployment/web', timeout);
      expect(await output('get', 'deployment', 'web')).toMatch(/^web +4\/4 +4 +4 /m);
      expect(await kubectl('scale', 'deployment/web', '--current-replicas=3', '--replicas=1')).toMatchObject({
        code: 1,
        stderr: 'error: Expected replicas to be 3, was 4\n',
      });
      await output('scale', 'deployment/web', '--replicas=1');
      await eventually('one pod', async () => (await pods('app=web')).length === 1);
      const replicaSets = await value(
        '.items[?(@.spec.replicas>0)].status.readyReplicas',
        'rs',
        '-l',
        'app=web',
      );
      expect(replicaSets).toBe('1');
    });

    test('a daemon set rolls out and back', async () => {
      const template = (word: string) => ({
        metadata: { labels: { app: 'daemon' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            { name: 'main', image, command: ['sleep', '3600'], env: [{ name: 'WORD', value: word }] },
          ],
        },
      });
      const daemonSet = (word: string) => ({
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: 'daemon' },
        spec: { selector: { matchLabels: { app: 'daemon' } }, template: template(word) },
      });
      await cluster.apply(daemonSet('one'));
      expect(await output('rollout', 'status', 'daemonset/daemon', timeout)).toEndWith(
        'daemon set "daemon" successfully rolled out\n',
      );
      await cluster.apply(daemonSet('two'));
      await output('rollout', 'status', 'daemonset/daemon', timeout);
      expect(await output('rollout', 'history', 'daemonset/daemon')).toMatch(/^1 +<none>\n2 +<none>$/m);
      await output('rollout', 'undo', 'daemonset/daemon');
      await output('rollout', 'status', 'daemonset/daemon', timeout);
      expect(await value('.items[0].spec.containers[0].env[0].value', 'pods', '-l', 'app=daemon')).toBe(
        'one',
      );
      await output('delete', 'daemonset', 'daemon');
    });
  });

  describe('jobs', () => {
    test('run to their end, and tell it', async () => {
      await output('create', 'job', 'greeting', `--image=${image}`, '--', 'echo', 'hello');
      expect(await output('wait', '--for=condition=complete', 'job/greeting', timeout)).toBe(
        'job.batch/greeting condition met\n',
      );
      expect(await output('logs', 'job/greeting')).toBe('hello\n');
      expect(await output('get', 'job', 'greeting')).toMatch(/^greeting +Complete +1\/1 +\d+s +/m);
      expect(await output('describe', 'job', 'greeting')).toMatch(
        /Completed +\S+ +job-controller +Job completed/,
      );
      await output('delete', 'job', 'greeting');
      await eventually('its pod is gone', async () => (await pods('job-name=greeting')).length === 0);
    });
  });

  describe('nodes', () => {
    test('cordon keeps new pods away and says why; uncordon lets them in', async () => {
      await deploy('cordoned', 1);
      expect(await output('cordon', 'edge-1')).toBe('node/edge-1 cordoned\n');
      expect(await output('get', 'node', 'edge-1')).toContain('Ready,SchedulingDisabled');
      await output('scale', 'deployment/cordoned', '--replicas=2');
      const message =
        '0/1 nodes are available: 1 node(s) were unschedulable. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
      await eventually('the reason', async () => {
        const text = await output('describe', 'pods', '-l', 'app=cordoned');
        return text.includes(`FailedScheduling`) && text.includes(message);
      });
      expect(await output('uncordon', 'edge-1')).toBe('node/edge-1 uncordoned\n');
      await output('rollout', 'status', 'deployment/cordoned', timeout);
      await output('delete', 'deployment', 'cordoned');
    });

    test('drain asks before it takes what nothing brings back', async () => {
      await deploy('drained', 2);
      await output('run', 'alone', `--image=${image}`, '--', 'sleep', '3600');
      await output('wait', '--for=condition=Ready', 'pod/alone', timeout);
      const refused = await kubectl('drain', 'edge-1');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(
        'cannot delete cannot delete Pods that declare no controller (use --force to override): default/alone',
      );
      await output('create', 'poddisruptionbudget', 'one', '--selector=app=drained', '--min-available=1');
      await eventually('the budget is known', async () =>
        /^one +1 +N\/A +1 /m.test(await output('get', 'poddisruptionbudgets')),
      );
      const held = await kubectl('drain', 'edge-1', '--force', '--grace-period=1', '--timeout=3s');
      expect(held.code).toBe(1);
      expect(held.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
      expect((await pods('app=drained')).filter((pod) => pod.status.phase === 'Running')).toHaveLength(1);
      await output('delete', 'poddisruptionbudget', 'one');
      const drained = await kubectl('drain', 'edge-1', '--force', '--grace-period=1', timeout);
      expect(drained.code).toBe(0);
      expect(`${held.stdout}${drained.stdout}`).toContain('evicting pod default/alone\n');
      expect(drained.stdout).toEndWith('node/edge-1 drained\n');
      expect((await kubectl('get', 'pod', 'alone')).code).toBe(1);
      expect((await pods('app=drained')).map((pod) => pod.status.phase)).toEqual(['Pending', 'Pending']);
      await output('uncordon', 'edge-1');
      await output('rollout', 'status', 'deployment/drained', timeout);
      await output('delete', 'deployment', 'drained');
    });

    test('taints keep pods away, and NoExecute drives them out', async () => {
      await deploy('tainted', 1);
      const [before] = await pods('app=tainted');
      expect(await output('taint', 'node', 'edge-1', 'kind=special:NoExecute')).toBe('node/edge-1 tainted\n');
      expect((await kubectl('taint', 'node', 'edge-1', 'kind=special:NoExecute')).code).toBe(1);
      await eventually('another pod waits instead', async () => {
        const text = await output('describe', 'pods', '-l', 'app=tainted');
        return text.includes('1 node(s) had untolerated taint {kind: special}');
      });
      await eventually('the first is gone', async () =>
        (await pods('app=tainted')).every((pod) => pod.metadata.name !== before?.metadata.name),
      );
      expect(await output('taint', 'node', 'edge-1', 'kind-')).toBe('node/edge-1 untainted\n');
      await output('rollout', 'status', 'deployment/tainted', timeout);
      await output('delete', 'deployment', 'tainted');
    });
  });

  describe('delete', () => {
    test('cascades by default, in the foreground on request, and orphans on request', async () => {
      await deploy('parent', 1);
      expect(await output('delete', 'deployment', 'parent')).toBe('deployment.apps "parent" deleted\n');
      await eventually(
        'all is gone',
        async () => (await output('get', 'rs,pods', '-l', 'app=parent', '-o', 'name')) === '',
      );

      await deploy('parent', 1);
      await output('delete', 'deployment', 'parent', '--cascade=foreground');
      expect(await output('get', 'rs,pods', '-l', 'app=parent', '-o', 'name')).toBe('');

      await deploy('parent', 1);
      await output('delete', 'deployment', 'parent', '--cascade=orphan');
      expect(await value('.items[*].metadata.ownerReferences', 'rs', '-l', 'app=parent')).toBe('');
      const [kept] = await pods('app=parent');
      await deploy('parent', 1);
      expect((await pods('app=parent')).map((pod) => pod.metadata.name)).toEqual([kept?.metadata.name ?? '']);
      await output('delete', 'deployment', 'parent', '--cascade=foreground');
    });

    test('waits for a pod to end within its grace; --now and --force do not', async () => {
      const stubborn = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'stubborn' },
        spec: {
          terminationGracePeriodSeconds: 600,
          containers: [
            { name: 'main', image, command: ['/bin/sh', '-c', "trap '' TERM; while true; do sleep 1; done"] },
          ],
        },
      };
      const start = async () => {
        await cluster.apply(stubborn);
        await output('wait', '--for=condition=Ready', 'pod/stubborn', timeout);
      };
      await start();
      expect((await kubectl('delete', 'pod', 'stubborn', '--timeout=1s')).code).toBe(1);
      expect(await output('get', 'pod', 'stubborn')).toMatch(/stubborn +1\/1 +Terminating /);
      expect(await output('delete', 'pod', 'stubborn', '--now')).toBe('pod "stubborn" deleted\n');
      await start();
      const forced = await kubectl('delete', 'pod', 'stubborn', '--force');
      expect(forced).toMatchObject({ code: 0, stdout: 'pod "stubborn" force deleted\n' });
      expect(forced.stderr).toContain('Immediate deletion does not wait');
      await start();
      await output('delete', 'pod', 'stubborn', '--grace-period=1');
      expect((await kubectl('get', 'pod', 'stubborn')).code).toBe(1);
    });

    test('a namespace goes with all that is in it, pods of the edge too', async () => {
      await output('create', 'namespace', 'full');
      await deploy('web', 2, 'full');
      expect(await output('delete', 'namespace', 'full', timeout)).toBe('namespace "full" deleted\n');
      expect(await output('get', 'all', '-n', 'full', '-o', 'name')).toBe('');
    });
  });
});
