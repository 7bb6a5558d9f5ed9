// What comes in wrong from users and disks: each a clear error that says what to do, and the rest goes on.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { visitHub } from './harness/hub-client.ts';
import { RunningCommand } from './harness/running-command.ts';
import { eventually, LocalCluster, reasonToSkip, runCommand, selvedgeProgram } from './local-cluster.ts';

const reason = await reasonToSkip();
if (reason) console.log(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)('bad input', () => {
  let cluster: LocalCluster;
  let token = '';

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    const { stdout } = await cluster.selvedgeWithKubeconfig('token', 'create', '-o', 'json');
    token = JSON.parse(stdout).token;
  });

  afterAll(() => cluster?.[Symbol.asyncDispose]());

  const joinWith = async (badToken: string) => {
    const directory = join(dirname(cluster.directory), 'stranger');
    const hub = `127.0.0.1:${cluster.hubPort}`;
    const name = ['--node-name', 'stranger', '--directory', directory];
    const result = await runCommand([selvedgeProgram, 'join', hub, '--token', badToken, ...name]);
    expect(result.code).not.toBe(0);
    expect(existsSync(directory)).toBe(false);
    expect(await cluster.kubectlOutput(['get', 'nodes', '-o', 'name'])).toBe('node/edge-1\n');
    return result.stderr;
  };

  test('a token of another CA, one that is forged and one that is none do not let a machine in', async () => {
    const [caHash = '', ...jwt] = token.split('.');
    const otherCa = await joinWith([caHash.replace(/^.{4}/, '0123'), ...jwt].join('.'));
    expect(otherCa).toContain('this is not the cloud that issued the token');
    expect(otherCa).toContain('selvedge token create');
    expect(await joinWith(`${token.slice(0, -8)}AAAAAAAA`)).toContain("not signed by this cloud's CA");
    expect(await joinWith('nonsense')).toContain('four parts joined by dots');
  });

  test('an object of 10 MB and one that is no JSON are refused in words of Kubernetes', async () => {
    const huge = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'huge' },
      data: { x: 'y'.repeat(1e7) },
    };
    const tooLarge = await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(huge) });
    expect(tooLarge.stderr).toContain('RequestEntityTooLarge');
    const path = '/api/v1/namespaces/default/configmaps';
    const broken = await cluster.kubectl(['create', '--raw', path, '-f', '-'], {
      input: '{"apiVersion": v1',
    });
    expect(broken.stderr).toContain('BadRequest');
    expect(broken.stderr).toContain('invalid character');
    expect((await cluster.kubectl(['create', 'configmap', 'small'])).code).toBe(0);
  });

  test('a frame of a gigabyte and the name of another node end their own connection, and the node comes back', async () => {
    const pkiDirectory = join(cluster.directory, 'edges/edge-1/pki');
    const visit = (nodeId: string, bytes?: Uint8Array) =>
      visitHub({
        hubPort: cluster.hubPort,
        pkiDirectory,
        headers: { node_id: nodeId, project_id: 'p', ConnectionUse: 'msg' },
        ...(bytes && { bytes }),
      });
    const gigabyte = Uint8Array.from([0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]);
    const tooLarge = await visit('edge-1', gigabyte);
    expect(tooLarge).toMatchObject({ code: 1009 });
    expect(await visit('edge-2')).toEqual({
      code: 1008,
      reason: 'the certificate is of node "edge-1", node_id says "edge-2"',
    });
    await eventually('the node is connected again', async () => {
      const [node] = (await cluster.status()).nodes;
      return node?.link.state === 'up';
    });
    expect(
      (await cluster.kubectl(['wait', '--for=condition=Ready', 'node/edge-1', '--timeout=20s'])).code,
    ).toBe(0);
  });

  describe('a full disk at the edge', () => {
    let disk = '';
    let agent: RunningCommand | undefined;

    beforeAll(async () => {
      disk = join(dirname(cluster.directory), 'disk');
      await mkdir(disk);
      const mounted = await runCommand(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'selvedge-test', disk]);
      expect(mounted.stderr).toBe('');
    });

    afterAll(async () => {
      await agent?.[Symbol.asyncDispose]();
      await runCommand(['umount', '--lazy', disk]);
      await rm(disk, { recursive: true, force: true });
    });

    const phase = async (pod: string) =>
      (await cluster.kubectl(['get', 'pod', pod, '-o', 'jsonpath={.status.phase}'])).stdout;

    test('is told, stops nothing that runs, and is over when there is room again', async () => {
      const info = await cluster.process('edgecore-edge-1');
      process.kill(Number(info.pid), 'SIGTERM');
      await eventually('it has ended', async () => (await cluster.process(info.name)).pid === null);
      const onSmallDisk = new RunningCommand([...info.command, '--store-file', join(disk, 'edgecore.db')]);
      agent = onSmallDisk;
      await eventually('its store is on the small disk', async () => {
        const ready = await cluster.kubectl(['wait', '--for=condition=Ready', 'node/edge-1', '--timeout=5s']);
        return ready.code === 0;
      });
      await runPod(cluster, 'first');
      await eventually('a pod runs', async () => (await phase('first')) === 'Running');

      const filler = join(disk, 'filler');
      fill(filler);
      await runPod(cluster, 'second');
      await eventually('it says so', async () => {
        fill(filler);
        return onSmallDisk.stderr.includes('hint="free space on the disk');
      });
      expect(await phase('first')).toBe('Running');
      expect(await Promise.race([onSmallDisk.ended(), 'it runs'])).toBe('it runs');

      await rm(filler);
      await eventually('the second pod runs', async () => (await phase('second')) === 'Running', 120_000);
      const restarts = '{.status.containerStatuses[0].restartCount}';
      const first = await cluster.kubectlOutput(['get', 'pod', 'first', '-o', `jsonpath=${restarts}`]);
      expect(first).toBe('0');
    });
  });
});

function runPod(cluster: LocalCluster, name: string): Promise<void> {
  const container = { name: 'sleep', image: 'localhost/busybox:1', command: ['sleep', '1000'] };
  // An annotation larger than what a database finds room for in pages that it has already.
  const metadata = { name, annotations: { note: 'x'.repeat(100_000) } };
  const spec = { terminationGracePeriodSeconds: 0, containers: [container] };
  return cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
}

/** Writes until the disk takes nothing more. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (const size of [65_536, 4_096]) writeUntilFull(file, Buffer.alloc(size));
  } finally {
    closeSync(file);
  }
}

function writeUntilFull(file: number, bytes: Buffer): void {
  for (;;) {
    try {
      writeSync(file, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
}
