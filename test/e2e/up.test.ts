// A user's first minute: `up`, kubectl, the sample answers, `up` again, `status`, `down`, and nothing is left behind.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdir, readFile, stat } from 'node:fs/promises';
import { Glob } from 'bun';
import { eventually, LocalCluster, reasonToSkip, runCommand } from './local-cluster.ts';

const reason = await reasonToSkip();
if (reason) console.log(`skipped: ${reason}`);

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly uid: string };
    readonly spec: { readonly nodeName: string };
    readonly status: {
      readonly phase: string;
      readonly podIP: string;
      readonly containerStatuses: readonly { readonly restartCount: number; readonly containerID: string }[];
    };
  }[];
}

describe.skipIf(reason !== undefined)('up', () => {
  let cluster: LocalCluster;
  let tookMs = 0;

  beforeAll(async () => {
    const startedMs = performance.now();
    cluster = await LocalCluster.start();
    tookMs = performance.now() - startedMs;
  });

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  const pods = async (): Promise<PodList['items']> => {
    const list: PodList = JSON.parse(
      await cluster.kubectlOutput(['get', 'pods', '-l', 'app=hello', '-o', 'json']),
    );
    return list.items;
  };

  test('ends within a minute with everything running', async () => {
    expect(tookMs).toBeLessThan(60_000);
    expect(await cluster.kubectlOutput(['get', 'nodes'])).toMatch(/^edge-1\s+Ready\s/m);
    const running = await pods();
    expect(running.map((pod) => pod.status.phase)).toEqual(['Running', 'Running']);
    expect(running.map((pod) => pod.spec.nodeName)).toEqual(['edge-1', 'edge-1']);
  });

  test('the sample answers at its address', async () => {
    for (const pod of await pods()) {
      const answer = await fetch(`http://${pod.status.podIP}/`);
      expect(await answer.text()).toBe(`Hello from ${pod.metadata.name}\n`);
    }
  });

  test('the data directory is for its owner alone', async () => {
    expect((await stat(cluster.directory)).mode & 0o077).toBe(0);
    expect((await stat(cluster.kubeconfig)).mode & 0o077).toBe(0);
  });

  test('status tells processes and nodes, for people and for programs', async () => {
    const status = await cluster.status();
    expect(status.processes.map((one) => one.name).sort()).toEqual([
      'cloudcore',
      'containerd-edge-1',
      'controlplane',
      'edgecore-edge-1',
    ]);
    for (const { pid, command, log } of status.processes) {
      expect(pid).toBeGreaterThan(1);
      expect(command.length).toBeGreaterThan(1);
      expect((await stat(log)).isFile()).toBe(true);
    }
    expect(status.nodes).toMatchObject([
      { name: 'edge-1', ready: true, link: { state: 'up' }, pods: { wanted: 2, running: 2 } },
    ]);
    const text = (await cluster.selvedge('status')).stdout;
    expect(text).toMatch(/^edge-1\s+Ready\s+up since .*2\/2/m);
  });

  test('a second up leaves what runs, and starts what does not', async () => {
    const before = await cluster.status();
    const containersBefore = (await pods()).map((pod) => pod.status.containerStatuses[0]?.containerID).sort();
    const cloudcore = await cluster.process('cloudcore');
    process.kill(Number(cloudcore.pid), 'SIGKILL');
    await eventually('cloudcore gone', async () => (await cluster.process('cloudcore')).pid === null);
    expect(await cluster.up()).toMatchObject({ code: 0 });
    const after = await cluster.status();
    for (const old of before.processes) {
      const now = after.processes.find((one) => one.name === old.name);
      if (old.name === 'cloudcore') expect(now?.pid).not.toBe(old.pid);
      else expect(now?.pid).toBe(old.pid);
    }
    const containers = (await pods()).map((pod) => pod.status.containerStatuses[0]?.containerID).sort();
    expect(containers).toEqual(containersBefore);
  });

  test('ports can not change while it runs, and a taken port is a clear error', async () => {
    const moved = await cluster.selvedge('up', '--detach', '--api-port', '7999');
    expect(moved.code).toBe(1);
    expect(moved.stderr).toContain('selvedge down');
    const other = await LocalCluster.create();
    const taken = await other.selvedge('up', '--detach', '--api-port', String(cluster.apiPort));
    expect(taken.code).toBe(3);
    expect(taken.stderr).toMatch(/port \d+ for the Kubernetes API is taken by process \d+/);
    await other[Symbol.asyncDispose]();
  });

  test('a second data directory runs beside it, and the cloud alone needs no containers', async () => {
    const other = await LocalCluster.start('--edges', '0');
    try {
      expect((await other.status()).processes.map((one) => one.name)).toEqual(['cloudcore', 'controlplane']);
      expect(await other.kubectlOutput(['get', 'nodes'])).toBe('');
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });

  test('down stops everything and leaves nothing on the machine; up goes on with all state', async () => {
    await cluster.kubectlOutput(['create', 'configmap', 'kept', '--from-literal=a=b']);
    expect(await cluster.selvedge('down')).toMatchObject({ code: 0 });
    expect(await leftovers(cluster.directory)).toEqual([]);
    expect(JSON.parse((await cluster.selvedge('status', '-o', 'json')).stdout)).toMatchObject({
      processes: [],
      nodes: [{ name: 'edge-1', ready: false }],
    });

    expect(await cluster.up()).toMatchObject({ code: 0 });
    expect(await cluster.kubectlOutput(['get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}'])).toBe('b');
    await eventually('the sample runs again', async () => {
      const running = (await pods()).filter((pod) => pod.status.phase === 'Running' && pod.status.podIP);
      const answers = await Promise.all(running.map((pod) => fetch(`http://${pod.status.podIP}/`)));
      return running.length === 2 && answers.every((answer) => answer.ok);
    });
  });

  test('after the last down nothing of it is left', async () => {
    await cluster.selvedge('down');
    expect(await leftovers(cluster.directory)).toEqual([]);
  });
});

/** Processes, mounts, bridges, firewall rules, networks and cgroups that still belong to a data directory. */
async function leftovers(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.includes(`${directory}/`)) found.push(commandLine.replaceAll('\0', ' '));
  }
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  found.push(...mounts.filter((line) => line.includes(`${directory}/`)));
  const settings: { edges: { name: string; network: string }[] } = JSON.parse(
    await readFile(`${directory}/settings.json`, 'utf8'),
  );
  const known = [
    (await runCommand(['ip', '-o', 'link'])).stdout,
    (await runCommand(['iptables-save', '-t', 'nat'])).stdout,
    ...(await readdir('/var/lib/cni/results').catch(() => [])),
  ].join('\n');
  found.push(...settings.edges.map((edge) => edge.network).filter((network) => known.includes(network)));
  const cgroups = await Array.fromAsync(
    new Glob('*/kubepods/**/pod*').scan({ cwd: '/sys/fs/cgroup', onlyFiles: false }),
  );
  for (const { name } of settings.edges) {
    const uids = await readdir(`${directory}/edges/${name}/root/pods`).catch(() => []);
    found.push(...cgroups.filter((path) => uids.some((uid) => path.endsWith(uid))));
  }
  return found;
}
