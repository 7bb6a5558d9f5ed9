// kubectl on objects behaves as on Kubernetes: looking, writing, comparing, waiting, who may do what.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningCommand } from './harness/running-command.ts';
import { type CommandOptions, kubectlOfToday, LocalCluster, reasonToSkip } from './local-cluster.ts';

const reason = await reasonToSkip({ kubectl: kubectlOfToday });
if (reason) console.log(`skipped: ${reason}`);

const configMap = (name: string, data: Record<string, string>) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

describe.skipIf(reason !== undefined)('kubectl', () => {
  let cluster: LocalCluster;
  let directory = '';

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    directory = await mkdtemp(join(tmpdir(), 'sv-kubectl-'));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
    await cluster?.[Symbol.asyncDispose]();
  });

  const kubectl = (...args: string[]) => cluster.kubectl(args);
  const output = (...args: string[]) => cluster.kubectlOutput(args);
  const withInput = (args: string[], input: string, options: CommandOptions = {}) =>
    cluster.kubectl([...args, '-f', '-'], { ...options, input });

  describe('get', () => {
    test('tables: columns, wide ones, labels, namespaces', async () => {
      expect(await output('get', 'nodes')).toMatch(
        /^NAME +STATUS +ROLES +AGE +VERSION\nedge-1 +Ready +agent,edge +\d+s +v/,
      );
      expect(await output('get', 'pods', '-A')).toMatch(
        /^NAMESPACE +NAME +READY +STATUS +RESTARTS +AGE\ndefault +hello-\S+ +1\/1 +Running +0 +\d+s\n/,
      );
      expect(await output('get', 'pods', '-o', 'wide')).toMatch(
        /IP +NODE +NOMINATED NODE +READINESS GATES\n.* edge-1 /,
      );
      expect(await output('get', 'pods', '-l', 'app=hello', '--show-labels', '--no-headers')).toMatch(
        /^(hello-\S+ .* app=hello,pod-template-hash=\w+\n){2}$/,
      );
      expect(await output('get', 'deployments,services', 'hello')).toMatch(
        /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\ndeployment.apps\/hello +2\/2 +2 +2 +\S+\n\nNAME +TYPE +CLUSTER-IP/,
      );
      expect(await kubectl('get', 'pods', '-n', 'nowhere')).toMatchObject({
        code: 0,
        stdout: '',
        stderr: 'No resources found in nowhere namespace.\n',
      });
      expect(await output('get', 'events')).toMatch(/^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n/);
    });

    test('yaml, json, jsonpath, custom columns, go-template, name, sorted', async () => {
      expect(await output('get', 'service', 'hello', '-o', 'yaml')).toStartWith(
        'apiVersion: v1\nkind: Service\n',
      );
      expect(JSON.parse(await output('get', 'service', 'hello', '-o', 'json')).spec.ports[0].port).toBe(80);
      expect(await output('get', 'deployment', 'hello', '-o', 'jsonpath={.spec.replicas}')).toBe('2');
      const columns = 'custom-columns=NAME:.metadata.name,ON:.spec.nodeName';
      expect(await output('get', 'pods', '-o', columns)).toMatch(/^NAME +ON\n(hello-\S+ +edge-1\n){2}$/);
      expect(await output('get', 'node', 'edge-1', '-o', 'go-template={{.metadata.name}}')).toBe('edge-1');
      expect(await output('get', 'nodes', '-o', 'name')).toBe('node/edge-1\n');
      for (const [name, rank] of [
        ['first', '2'],
        ['second', '1'],
      ] as const) {
        await output('create', 'configmap', name, `--from-literal=rank=${rank}`);
        await output('label', 'configmap', name, 'sorted=yes');
      }
      const byRank = ['get', 'configmaps', '-l', 'sorted=yes', '--sort-by=.data.rank', '-o', 'name'];
      expect(await output(...byRank)).toBe('configmap/second\nconfigmap/first\n');
      const chosen = await output('get', 'pods', '--field-selector=spec.nodeName=edge-1', '-o', 'name');
      expect(chosen.trim().split('\n')).toHaveLength(2);
      expect(await output('get', 'pods', '--field-selector=spec.nodeName=edge-2', '-o', 'name')).toBe('');
    });

    test('what is not there', async () => {
      expect(await kubectl('get', 'pod', 'nobody')).toMatchObject({
        code: 1,
        stderr: 'Error from server (NotFound): pods "nobody" not found\n',
      });
      expect(await kubectl('get', 'nonsense')).toMatchObject({
        code: 1,
        stderr: 'error: the server doesn\'t have a resource type "nonsense"\n',
      });
      expect(await kubectl('top', 'pods')).toMatchObject({
        code: 1,
        stderr: 'error: Metrics API not available\n',
      });
    });

    test('-w shows changes as they come', async () => {
      await using watch = new RunningCommand([
        ...['kubectl', '--kubeconfig', cluster.kubeconfig],
        ...['get', 'configmaps', '-w', '--output-watch-events', '--field-selector=metadata.name=watched'],
      ]);
      await output('create', 'configmap', 'watched');
      await watch.said(/ADDED +watched +0 /);
      await output('patch', 'configmap', 'watched', '-p', '{"data":{"a":"b"}}');
      await watch.said(/MODIFIED +watched +1 /);
      await output('delete', 'configmap', 'watched');
      await watch.said(/DELETED +watched +1 /);
    });

    test('discovery, versions, raw paths', async () => {
      const resources = await output('api-resources');
      expect(resources).toMatch(/^pods +po +v1 +true +Pod$/m);
      expect(resources).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
      expect((await output('api-versions')).split('\n')).toContain('apps/v1');
      expect(await output('version')).toContain('Server Version: v1.');
      expect(await output('cluster-info')).toContain(`127.0.0.1:${cluster.apiPort}`);
      expect(await output('get', '--raw', '/healthz')).toBe('ok');
      expect(JSON.parse(await output('get', '--raw', '/version'))).toMatchObject({ major: '1' });
      expect((await kubectl('get', '--raw', '/nothing')).stderr).toContain('(NotFound)');
    });
  });

  describe('describe and explain', () => {
    test('a pod tells its life in order', async () => {
      const text = await output('describe', 'pods', '-l', 'app=hello');
      for (const part of [
        /^Node: +edge-1\/\S+$/m,
        /^Status: +Running$/m,
        /^Controlled By: +ReplicaSet\/hello-\w+$/m,
        /^ +Ready: +True$/m,
        /^QoS Class: +Burstable$/m,
        /Events:\n +Type +Reason +Age +From +Message\n/,
        /Normal +Scheduled +\S+ +default-scheduler +Successfully assigned default\/hello-\S+ to edge-1\n.* Pulled .*\n.* Created .*\n.* Started +\S+ +kubelet +Started container web/,
      ]) {
        expect(text).toMatch(part);
      }
    });

    test('a node, a deployment, a service', async () => {
      const node = await output('describe', 'node', 'edge-1');
      expect(node).toMatch(/Ready +True .* KubeletReady /);
      expect(node).toMatch(/default +hello-\S+ +10m \(0%\)/);
      expect(node).toMatch(
        /RegisteredNode +\S+ +node-controller +Node edge-1 event: Registered Node edge-1 in Controller/,
      );
      const deployment = await output('describe', 'deployment', 'hello');
      expect(deployment).toContain('2 desired | 2 updated | 2 total | 2 available | 0 unavailable');
      expect(deployment).toMatch(/Progressing +True +NewReplicaSetAvailable/);
      expect(deployment).toMatch(/ScalingReplicaSet .* Scaled up replica set hello-\w+ from 0 to 2/);
      const service = await output('describe', 'service', 'hello');
      expect(service).toMatch(/^Endpoints: +\d+\.\d+\.\d+\.\d+:80,\d+\.\d+\.\d+\.\d+:80$/m);
      expect(await output('events', '--for=deployment/hello')).toContain('ScalingReplicaSet');
    });

    test('explain knows every field', async () => {
      const spec = await output('explain', 'pod.spec');
      expect(spec).toStartWith('KIND:       Pod\nVERSION:    v1\n\nFIELD: spec <PodSpec>\n');
      expect(spec).toMatch(/^ {2}containers\t<\[\]Container> -required-$/m);
      expect(await output('explain', 'deployment.spec', '--recursive')).toMatch(
        /^ +maxSurge\t<IntOrString>$/m,
      );
      expect(await kubectl('explain', 'pod.spec.nonsense')).toMatchObject({
        code: 1,
        stderr: 'error: field "nonsense" does not exist\n',
      });
    });
  });

  describe('writing', () => {
    test('create, apply, replace: what changed and what was in the way', async () => {
      const [first, second] = [configMap('made', { a: '1' }), configMap('made', { a: '2' })];
      expect(await withInput(['create'], first)).toMatchObject({
        code: 0,
        stdout: 'configmap/made created\n',
      });
      expect(await withInput(['create'], first)).toMatchObject({
        code: 1,
        stderr:
          'Error from server (AlreadyExists): error when creating "STDIN": configmaps "made" already exists\n',
      });
      const adopted = await withInput(['apply'], first);
      expect(adopted.stderr).toContain(
        'missing the kubectl.kubernetes.io/last-applied-configuration annotation',
      );
      expect((await withInput(['apply'], first)).stdout).toBe('configmap/made unchanged\n');
      expect((await withInput(['apply'], second)).stdout).toBe('configmap/made configured\n');
      expect((await withInput(['replace'], first)).stdout).toBe('configmap/made replaced\n');
      expect(await output('get', 'cm', 'made', '-o', 'jsonpath={.data.a}')).toBe('1');
      expect((await withInput(['apply', '--dry-run=server'], second)).stdout).toContain('(server dry run)');
      expect(await output('get', 'cm', 'made', '-o', 'jsonpath={.data.a}')).toBe('1');
      expect(await output('delete', 'cm', 'made')).toBe('configmap "made" deleted\n');
    });

    test('apply refuses what Kubernetes refuses, in its words', async () => {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'bad' },
        spec: { containers: [{ name: 'a b' }] },
      };
      const invalid = await withInput(['apply'], JSON.stringify(pod));
      expect(invalid.code).toBe(1);
      expect(invalid.stderr).toStartWith(
        'The Pod "bad" is invalid: \n* spec.containers[0].name: Invalid value: "a b": a lowercase RFC 1123 label',
      );
      expect(invalid.stderr).toContain('* spec.containers[0].image: Required value');
      const unknown = await withInput(['apply'], JSON.stringify({ ...pod, spec: { container: [] } }));
      expect(unknown).toMatchObject({ code: 1 });
      expect(unknown.stderr).toContain('strict decoding error: unknown field "spec.container"');
    });

    test('apply --server-side tells whose fields are in the way', async () => {
      const apply = (data: Record<string, string>, ...args: string[]) =>
        withInput(['apply', '--server-side', ...args], configMap('shared', data));
      expect((await apply({ a: '1', b: '1' })).stdout).toBe('configmap/shared serverside-applied\n');
      const conflict = await apply({ a: '2' }, '--field-manager=other');
      expect(conflict.code).toBe(1);
      expect(conflict.stderr).toStartWith(
        'error: Apply failed with 1 conflict: conflict with "kubectl": .data.a\n',
      );
      expect((await apply({ a: '2' }, '--field-manager=other', '--force-conflicts')).code).toBe(0);
      expect((await apply({ b: '1' })).code).toBe(0);
      expect(await output('get', 'cm', 'shared', '-o', 'jsonpath={.data}')).toBe('{"a":"2","b":"1"}');
      expect(await output('get', 'cm', 'shared', '-o', 'jsonpath={.metadata.managedFields[*].manager}')).toBe(
        'kubectl other',
      );
    });

    test('diff: 1 and the lines that differ, or 0 and nothing', async () => {
      await withInput(['apply'], configMap('compared', { a: '1' }));
      expect(await withInput(['diff'], configMap('compared', { a: '1' }))).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
      const changed = await withInput(['diff'], configMap('compared', { a: '2' }));
      expect(changed.code).toBe(1);
      expect(changed.stdout).toMatch(/^- {2}a: "1"\n\+ {2}a: "2"$/m);
      expect((await withInput(['diff', '--server-side'], configMap('fresh', { a: '2' }))).code).toBe(1);
    });

    test('patch in its three forms, label, annotate', async () => {
      await output('create', 'configmap', 'patched', '--from-literal=a=1');
      const patch = (type: string, body: unknown) =>
        kubectl('patch', 'cm', 'patched', `--type=${type}`, '-p', JSON.stringify(body));
      expect(await patch('strategic', { data: { b: '2' } })).toMatchObject({
        code: 0,
        stdout: 'configmap/patched patched\n',
      });
      expect(await patch('merge', { data: { a: null, c: '3' } })).toMatchObject({ code: 0 });
      expect(
        await patch('json', [
          { op: 'test', path: '/data/c', value: '3' },
          { op: 'remove', path: '/data/c' },
        ]),
      ).toMatchObject({ code: 0 });
      expect(await patch('json', [{ op: 'test', path: '/data/b', value: '0' }])).toMatchObject({ code: 1 });
      expect((await patch('merge', { data: { b: '2' } })).stdout).toBe(
        'configmap/patched patched (no change)\n',
      );
      expect(await output('get', 'cm', 'patched', '-o', 'jsonpath={.data}')).toBe('{"b":"2"}');
      expect(await output('label', 'cm', 'patched', 'tier=one')).toBe('configmap/patched labeled\n');
      expect(await kubectl('label', 'cm', 'patched', 'tier=two')).toMatchObject({
        code: 1,
        stderr: "error: 'tier' already has a value (one), and --overwrite is false\n",
      });
      expect(await output('label', 'cm', '-l', 'tier=one', 'tier-')).toBe('configmap/patched unlabeled\n');
      expect(await output('annotate', 'cm', 'patched', 'note=read me')).toBe('configmap/patched annotated\n');
    });

    test('edit: the editor’s changes are written, no change is none', async () => {
      await output('create', 'configmap', 'edited', '--from-literal=word=before');
      const edit = (script: string) => {
        const environment = { KUBE_EDITOR: `sed -i -e ${script}` };
        return cluster.kubectl(['edit', 'configmap', 'edited'], { environment });
      };
      expect(await edit('s/before/after/')).toMatchObject({ code: 0, stdout: 'configmap/edited edited\n' });
      expect(await output('get', 'cm', 'edited', '-o', 'jsonpath={.data.word}')).toBe('after');
      expect((await edit('s/nothing/else/')).stderr).toContain('Edit cancelled, no changes made.');
    });

    test('run, expose, create: from the command line alone', async () => {
      const dry = await output('create', 'deployment', 'dry', '--image=a', '--dry-run=server', '-o', 'name');
      expect(dry).toBe('deployment.apps/dry\n');
      expect(
        await output('run', 'runner', '--image=localhost/busybox:1', '--port=80', '--', 'sleep', '60'),
      ).toBe('pod/runner created\n');
      expect(
        await output('expose', 'pod', 'runner', '--name=exposed', '--port=8080', '--target-port=80'),
      ).toBe('service/exposed exposed\n');
      expect(await output('get', 'svc', 'exposed', '-o', 'jsonpath={.spec.selector.run}')).toBe('runner');
      await output('create', 'namespace', 'made');
      await output('create', 'secret', 'generic', 'keys', '--from-literal=key=value', '-n', 'made');
      expect(await output('get', 'secret', 'keys', '-n', 'made', '-o', 'jsonpath={.data.key}')).toBe(
        'dmFsdWU=',
      );
      expect(await output('delete', 'namespace', 'made')).toBe('namespace "made" deleted\n');
      expect((await kubectl('get', 'secret', 'keys', '-n', 'made')).stderr).toContain('(NotFound)');
    });
  });

  describe('wait', () => {
    test('for conditions, values and deletion, no longer than asked', async () => {
      await output('run', 'awaited', '--image=localhost/busybox:1', '--', 'sleep', '60');
      expect(await output('wait', '--for=condition=Ready', 'pod/awaited', '--timeout=30s')).toBe(
        'pod/awaited condition met\n',
      );
      expect(await output('wait', '--for=jsonpath={.status.phase}=Running', 'pod/awaited')).toBe(
        'pod/awaited condition met\n',
      );
      expect(await output('wait', '--for=condition=Available', 'deployment/hello')).toBe(
        'deployment.apps/hello condition met\n',
      );
      expect(
        await kubectl('wait', '--for=condition=Ready=False', 'pod/awaited', '--timeout=1s'),
      ).toMatchObject({
        code: 1,
        stderr: 'error: timed out waiting for the condition on pods/awaited\n',
      });
      const gone = kubectl('wait', '--for=delete', 'pod/awaited', '--timeout=30s');
      await output('delete', 'pod', 'awaited', '--grace-period=1', '--wait=false');
      expect(await gone).toMatchObject({ code: 0 });
      expect((await kubectl('get', 'pod', 'awaited')).code).toBe(1);
    });
  });

  describe('who may do what', () => {
    test('auth can-i and whoami', async () => {
      expect(await output('auth', 'can-i', 'create', 'pods')).toBe('yes\n');
      expect(await kubectl('auth', 'can-i', 'create', 'pods', '--as=nobody')).toMatchObject({
        code: 1,
        stdout: 'no\n',
      });
      expect(await output('auth', 'can-i', '--list')).toMatch(/^\*\.\* +\[\] +\[\] +\[\*\]$/m);
      expect(await output('auth', 'can-i', '--list', '--as=nobody')).not.toContain('*.*');
      expect(await output('auth', 'whoami')).toMatch(
        /^Username +kubernetes-admin\nGroups +\[system:masters system:authenticated\]$/m,
      );
    });

    test('a service account does what its role allows, with its token', async () => {
      await output('create', 'serviceaccount', 'reader');
      await output('create', 'role', 'reader', '--verb=get,list', '--resource=pods');
      await output('create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=default:reader');
      const as = '--as=system:serviceaccount:default:reader';
      expect(await output('auth', 'can-i', 'list', 'pods', as)).toBe('yes\n');
      expect((await kubectl('auth', 'can-i', 'list', 'secrets', as)).code).toBe(1);
      const token = (await output('create', 'token', 'reader', '--duration=10m')).trim();
      const kubeconfig = join(directory, 'reader.kubeconfig');
      const admin: string = await output('config', 'view', '--raw', '--minify', '-o', 'json');
      const config = JSON.parse(admin);
      config.users[0].user = { token };
      await writeFile(kubeconfig, JSON.stringify(config));
      const reader = (...args: string[]) => cluster.kubectl(['--kubeconfig', kubeconfig, ...args]);
      expect((await reader('get', 'pods')).stdout).toContain('hello-');
      expect(await reader('get', 'secrets')).toMatchObject({
        code: 1,
        stderr:
          'Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:default:reader" cannot list resource "secrets" in API group "" in the namespace "default"\n',
      });
      expect((await reader('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).stdout).toBe(
        'system:serviceaccount:default:reader',
      );
      await output('delete', 'serviceaccount', 'reader');
      expect((await reader('get', 'pods')).stderr).toContain('Unauthorized');
    });
  });
});
