// A Go edgecore of KubeEdge v1.15 joins our cloud as it joins its own: pods with ConfigMap, Secret and token, changes, restarts
// on either side. Needs KubeEdge's program: environment variable SELVEDGE_PEERS names a folder with bin/edgecore.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GoEdge } from './harness/go-edge.ts';
import { eventually, LocalCluster, reasonToSkip } from './local-cluster.ts';

const peers = process.env.SELVEDGE_PEERS ?? '';
const reason = existsSync(join(peers, 'bin/edgecore'))
  ? await reasonToSkip()
  : 'SELVEDGE_PEERS names no folder with bin/edgecore, a Go edgecore of KubeEdge v1.15';
if (reason) console.log(`skipped: ${reason}`);

const nodeName = 'go-edge';
const tokenDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';
const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: {name: words}
data: {greeting: hello}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {key: "42"}
---
apiVersion: v1
kind: Pod
metadata: {name: full}
spec:
  terminationGracePeriodSeconds: 1
  volumes:
  - {name: words, configMap: {name: words}}
  - {name: keys, secret: {secretName: keys}}
  containers:
  - name: web
    image: localhost/busybox:1
    imagePullPolicy: IfNotPresent
    command: [/bin/sh, -c]
    args:
    - |
      cat ${tokenDirectory}/token ${tokenDirectory}/ca.crt ${tokenDirectory}/namespace > /dev/null || exit 1
      echo "$KEY $GREETING $(cat /keys/key)" > /www/start; ln -s /words/greeting /www/greeting
      exec httpd -f -p 80 -h /www
    env:
    - {name: KEY, valueFrom: {secretKeyRef: {name: keys, key: key}}}
    - {name: GREETING, valueFrom: {configMapKeyRef: {name: words, key: greeting}}}
    volumeMounts: [{name: words, mountPath: /words}, {name: keys, mountPath: /keys}]
    readinessProbe: {httpGet: {path: /start, port: 80}, periodSeconds: 1}
`;

/** Its agent may try to register before it is connected, and hears of the failure after a minute (seen in v1.15.0). */
const registrationMs = 130_000;
/** An edge of KubeEdge waits half a minute before it connects again, after up to a quarter in which it notices. */
const reconnectMs = 75_000;

describe.skipIf(reason !== undefined)('a Go edge', () => {
  let cluster: LocalCluster;
  let edge: GoEdge;
  let containers = '';

  beforeAll(async () => {
    cluster = await LocalCluster.start('--edges', '0');
    edge = await newEdge(await joinToken(), nodeName);
    await edge.start();
  });

  afterAll(async () => {
    await edge?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  const joinToken = async (): Promise<string> =>
    JSON.parse((await cluster.selvedgeWithKubeconfig('token', 'create', '-o', 'json')).stdout).token;
  const newEdge = (token: string, name: string) =>
    GoEdge.create({ peers, nodeName: name, hubPort: cluster.hubPort, token });
  const isReady = async () => /^go-edge\s+Ready\s/m.test(await cluster.kubectlOutput(['get', 'nodes']));
  /** As cloudcore itself tells beside its metrics. */
  const isConnected = async (): Promise<boolean> => {
    const status = await fetch(`http://127.0.0.1:${cluster.hubPort + 5}/status`);
    return nodeName in ((await status.json()) as { nodes: Record<string, object> }).nodes;
  };
  const page = async (path: string): Promise<string> => {
    const address = await cluster.kubectlOutput(['get', 'pod', 'full', '-o', 'jsonpath={.status.podIP}']);
    return (await (await fetch(`http://${address}/${path}`)).text()).trim();
  };
  const greet = (greeting: string) =>
    cluster.kubectlOutput(['patch', 'configmap', 'words', '-p', JSON.stringify({ data: { greeting } })]);
  const storedGreeting = () =>
    (edge.stored('default/configmap/words')?.data as { greeting?: string })?.greeting;
  const restarts = () =>
    cluster.kubectlOutput([
      ...['get', 'pod', 'full', '-o'],
      'jsonpath={.status.containerStatuses[0].restartCount}{.status.containerStatuses[0].ready}',
    ]);

  test('joins with a token of ours and becomes Ready', async () => {
    await eventually('the node is Ready', isReady, registrationMs);
    const node = await cluster.kubectlOutput(['get', 'node', nodeName]);
    expect(node).toContain('agent,edge');
    expect(node).toContain('-kubeedge-v1.15');
    expect(await isConnected()).toBe(true);
  });

  test('runs a pod with ConfigMap, Secret and token, and kubectl sees it', async () => {
    await cluster.apply(manifest);
    await cluster.kubectlOutput(['wait', '--for=condition=Ready', 'pod/full', '--timeout=90s']);
    expect(await cluster.kubectlOutput(['get', 'pod', 'full', '-o', 'wide'])).toMatch(
      /1\/1\s+Running\s.*go-edge/,
    );
    expect(await page('start')).toBe('42 hello 42');
    containers = await edge.runningContainers();
    expect(containers.split('\n')).toHaveLength(2);
  });

  test('a change of the ConfigMap reaches its store at once, and the file when its agent looks', async () => {
    await greet('welcome');
    await eventually('the store has it', async () => storedGreeting() === 'welcome', 5_000);
    await eventually('the file has it', async () => (await page('greeting')) === 'welcome', 90_000);
  });

  test('with the cloud killed and started again nothing restarts, and what changed is told', async () => {
    for (const name of ['cloudcore', 'controlplane']) {
      process.kill(Number((await cluster.process(name)).pid), 'SIGKILL');
    }
    expect(await cluster.up()).toMatchObject({ code: 0 });
    await greet('back');
    await eventually('the edge is back', isConnected, reconnectMs);
    await eventually('the store has the change', async () => storedGreeting() === 'back', 15_000);
    expect(await edge.runningContainers()).toBe(containers);
    expect(await isReady()).toBe(true);
    expect(await restarts()).toBe('0true');
  }, 120_000);

  test('with its agent killed and started again nothing restarts, and what changed is told', async () => {
    await edge.kill();
    await greet('again');
    await edge.start();
    await eventually('the store has the change', async () => storedGreeting() === 'again', 30_000);
    await eventually('the node is Ready', isReady);
    expect(await edge.runningContainers()).toBe(containers);
    expect(await restarts()).toBe('0true');
  });

  test('a deleted pod goes, at the edge too', async () => {
    await cluster.kubectlOutput(['delete', 'pod', 'full', '--timeout=60s']);
    await eventually('no container is left', async () => (await edge.runningContainers()) === '');
    expect(edge.stored('default/pod/full')).toBeUndefined();
  });

  test('with a revoked token it is told why it may not join', async () => {
    const token = await joinToken();
    await cluster.selvedgeWithKubeconfig('token', 'delete', token);
    await using stranger = await newEdge(token, 'stranger');
    await stranger.start();
    expect(await stranger.ended()).not.toBe(0);
    expect(await stranger.log()).toContain('revoked');
    expect(await cluster.kubectlOutput(['get', 'nodes', '-o', 'name'])).toBe(`node/${nodeName}\n`);
  });
});
