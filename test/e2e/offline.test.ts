// The link is cut and everything is killed: the edge brings its pods back from what it knows, and the cloud finds nothing changed.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, LocalCluster, type ProcessInfo, reasonToSkip, runCommand } from './local-cluster.ts';

const reason = await reasonToSkip();
if (reason) console.log(`skipped: ${reason}`);

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
apiVersion: apps/v1
kind: Deployment
metadata: {name: offline}
spec:
  replicas: 3
  selector: {matchLabels: {app: offline}}
  template:
    metadata: {labels: {app: offline}}
    spec:
      terminationGracePeriodSeconds: 1
      volumes:
      - {name: words, configMap: {name: words}}
      containers:
      - name: web
        image: localhost/busybox:1
        command: [/bin/sh, -c]
        args:
        - |
          cat ${tokenDirectory}/token ${tokenDirectory}/ca.crt ${tokenDirectory}/namespace > /dev/null || exit 1
          echo "$KEY" > /www/key; cp /words/greeting /www/greeting
          exec httpd -f -p 80 -h /www
        env: [{name: KEY, valueFrom: {secretKeyRef: {name: keys, key: key}}}]
        volumeMounts: [{name: words, mountPath: /words}]
`;

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly containerID: string }[];
  };
}

describe.skipIf(reason !== undefined)('without the cloud', () => {
  let cluster: LocalCluster;
  let pids: number[] = [];

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    await cluster.apply(manifest);
    await cluster.kubectlOutput(['rollout', 'status', 'deployment/offline', '--timeout=90s']);
  });

  afterAll(async () => {
    for (const pid of pids) kill(pid);
    await cluster?.[Symbol.asyncDispose]();
  });

  const pods = async (): Promise<Pod[]> => {
    const text = await cluster.kubectlOutput(['get', 'pods', '-l', 'app=offline', '-o', 'json']);
    return JSON.parse(text).items;
  };

  /** Starts a process by the command that status tells, as a person would. */
  async function startAgain({ command, name }: ProcessInfo): Promise<void> {
    const [program = '', ...args] = command;
    const log = openSync(join(cluster.directory, 'logs', `${name}.log`), 'a');
    const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], cwd: '/' });
    child.unref();
    pids = [...pids, Number(child.pid)];
    await eventually(`${name} runs`, async () => (await cluster.process(name)).pid !== null);
  }

  async function killProcess(name: string): Promise<ProcessInfo> {
    const info = await cluster.process(name);
    if (info.pid !== null) kill(info.pid);
    await eventually(`${name} is gone`, async () => (await cluster.process(name)).pid === null);
    return info;
  }

  /** Kills every container of the edge with its shim: what a power cut leaves of them is nothing. */
  async function killContainers(): Promise<void> {
    const socket = join(cluster.directory, 'edges/edge-1/containerd/containerd.sock');
    const parents = new Map<number, number>();
    const victims = new Set<number>();
    for (const name of await readdir('/proc')) {
      const pid = Number(name);
      if (!Number.isInteger(pid)) continue;
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      if (words[0]?.includes('containerd-shim') && words.includes(socket)) victims.add(pid);
    }
    for (let before = -1; before !== victims.size; ) {
      before = victims.size;
      for (const [pid, parent] of parents) if (victims.has(parent)) victims.add(pid);
    }
    expect(victims.size).toBeGreaterThan(0);
    for (const pid of victims) kill(pid);
  }

  /** Asks the pods themselves at their addresses, which the edge's bridge tells. */
  async function answersAtEdge(): Promise<number> {
    const subnet: { edges: { podSubnet: string }[] } = JSON.parse(
      await readFile(join(cluster.directory, 'settings.json'), 'utf8'),
    );
    const prefix = subnet.edges[0]?.podSubnet.replace(/\.0\/.*/, '') ?? '';
    const hosts = Array.from({ length: 60 }, (_, index) => `${prefix}.${index + 2}`);
    const answers = await Promise.all(
      hosts.map((host) =>
        fetch(`http://${host}/greeting`, { signal: AbortSignal.timeout(1_500) })
          .then(async (answer) => (await answer.text()).trim() === 'hello')
          .catch(() => false),
      ),
    );
    return answers.filter((one) => one).length;
  }

  async function cloudAgain(cloud: readonly ProcessInfo[]): Promise<void> {
    for (const info of cloud) await startAgain(info);
    await eventually('the node is ready', async () => {
      const nodes = await cluster.kubectl(['get', 'nodes']);
      return /^edge-1\s+Ready/m.test(nodes.stdout);
    });
  }

  test('a cut cloud is not noticed by the pods', async () => {
    const before = await pods();
    const cloud = [await killProcess('controlplane'), await killProcess('cloudcore')];
    expect(await answersAtEdge()).toBe(3);
    const status = await cluster.status();
    expect(status.processes.find((one) => one.name === 'edgecore-edge-1')?.pid).toBeGreaterThan(1);
    await cloudAgain(cloud);
    expect(containersOf(await pods())).toEqual(containersOf(before));
  });

  test('cloud, agent and containers killed: the agent alone brings every pod back, and the cloud restarts none', async () => {
    const cloud = [await killProcess('controlplane'), await killProcess('cloudcore')];
    const edgecore = await killProcess('edgecore-edge-1');
    await killContainers();
    await startAgain(edgecore);
    await eventually('three pods answer again', async () => (await answersAtEdge()) === 3, 90_000);

    const running = await runningContainers(cluster);
    await cloudAgain(cloud);
    await eventually('status converges', async () => {
      const now = await pods();
      const ready = now.filter((pod) => isReady(pod) && pod.status.phase === 'Running');
      return now.length === 3 && ready.length === 3 && sameIds(containersOf(now), running);
    });
    expect(await runningContainers(cluster)).toEqual(running);
  });

  test('after a power cut the pods return from the local store', async () => {
    const before = (await pods()).map((pod) => pod.metadata.uid).sort();
    const cloud = [await killProcess('controlplane'), await killProcess('cloudcore')];
    const edgecore = await killProcess('edgecore-edge-1');
    const containerd = await killProcess('containerd-edge-1');
    await killContainers();
    await loseVolatileState(cluster);

    await startAgain(containerd);
    await startAgain(edgecore);
    await eventually('three pods answer again', async () => (await answersAtEdge()) === 3, 90_000);
    const running = await runningContainers(cluster);
    await cloudAgain(cloud);
    await eventually('status converges', async () => {
      const now = await pods();
      return now.length === 3 && now.every(isReady) && sameIds(containersOf(now), running);
    });
    expect((await pods()).map((pod) => pod.metadata.uid).sort()).toEqual(before);
    expect(await runningContainers(cluster)).toEqual(running);
  });
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isReady(pod: Pod): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

function containersOf(pods: readonly Pod[]): string[] {
  return pods
    .flatMap((pod) => pod.status.containerStatuses ?? [])
    .map(({ containerID }) => containerID.replace('containerd://', ''))
    .sort();
}

function sameIds(some: readonly string[], all: readonly string[]): boolean {
  return some.every((id) => all.includes(id));
}

/** Containers with a running task, the pods' sandboxes among them. */
async function runningContainers(cluster: LocalCluster): Promise<string[]> {
  const socket = join(cluster.directory, 'edges/edge-1/containerd/containerd.sock');
  const { stdout } = await runCommand(['ctr', '--address', socket, '--namespace', 'k8s.io', 'tasks', 'list']);
  return stdout
    .split('\n')
    .filter((line) => line.includes('RUNNING'))
    .map((line) => line.split(/\s+/)[0] ?? '')
    .sort();
}

/** What a reboot takes away: mounts, network namespaces, bridges, and what lies under /run. */
async function loseVolatileState(cluster: LocalCluster): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${cluster.directory}/`));
  for (const path of mounts.reverse()) await runCommand(['umount', '--lazy', path]);
  await rm(join(cluster.directory, 'edges/edge-1/containerd/state'), { recursive: true, force: true });
  const settings: { edges: { network: string }[] } = JSON.parse(
    await readFile(join(cluster.directory, 'settings.json'), 'utf8'),
  );
  const network = settings.edges[0]?.network ?? '';
  for (const file of await readdir('/var/lib/cni/results').catch(() => [])) {
    if (!file.startsWith(`${network}-`)) continue;
    const { netns }: { netns?: string } = JSON.parse(
      await readFile(join('/var/lib/cni/results', file), 'utf8'),
    );
    if (netns) await runCommand(['umount', '--lazy', netns]);
    if (netns) await rm(netns, { force: true });
  }
  await runCommand(['ip', 'link', 'delete', network]);
}
