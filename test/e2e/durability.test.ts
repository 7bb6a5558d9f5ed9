// A write that was answered is a write that was kept: the control plane is killed among thousands of writes, and the disk
// refuses to sync.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createKubeClient, type KubeClient, loadKubeconfig } from '@selvedge/client';
import { type KubeObject, resources } from '@selvedge/kubernetes';
import { eventually, LocalCluster, runCommand } from './local-cluster.ts';

const writes = 10_000;
const killedAfter = 4_000;
const connections = 32;
const namespace = 'default';

const probe = await runCommand(['strace', '-e', 'trace=none', 'true']).catch(() => undefined);
const canTrace = probe?.code === 0;
if (!canTrace) console.log('skipped: strace is missing or may not trace');

describe('an answered write', () => {
  let cluster: LocalCluster;
  let client: KubeClient & AsyncDisposable;

  beforeAll(async () => {
    cluster = await LocalCluster.start('--edges', '0');
    client = createKubeClient(await loadKubeconfig(cluster.kubeconfig));
  });

  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  const write = (name: string) =>
    client.create<KubeObject>(resources.configmaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
    });

  const names = async (): Promise<Set<string>> => {
    const list = await client.list(resources.configmaps, { namespace });
    return new Set(list.items.map(({ metadata }) => metadata.name ?? ''));
  };

  const apiServer = async (): Promise<number> => {
    const { pid } = await cluster.process('controlplane');
    if (pid === null) throw new Error('the control plane does not run');
    return pid;
  };

  test('is there after kill -9 among ten thousand of them', async () => {
    const pid = await apiServer();
    const answered: string[] = [];
    let next = 0;
    let refused = 0;
    const writer = async () => {
      while (next < writes && refused === 0) {
        const name = `kept-${next++}`;
        try {
          await write(name);
          answered.push(name);
          if (answered.length === killedAfter) process.kill(pid, 'SIGKILL');
        } catch {
          refused++;
        }
      }
    };
    await Promise.all(Array.from({ length: connections }, writer));
    expect(answered.length).toBeGreaterThanOrEqual(killedAfter);
    expect(refused).toBeGreaterThan(0);

    await eventually('it is gone', async () => (await cluster.process('controlplane')).pid !== pid);
    expect((await cluster.up('--edges', '0')).code).toBe(0);
    const kept = await names();
    expect(answered.filter((name) => !kept.has(name))).toEqual([]);
  });

  test.skipIf(!canTrace)(
    'has been synced to the disk: where the disk can not, the write is refused',
    async () => {
      await write('before');
      const tracer = await refuseSyncs(await apiServer());
      const outcome = await write('unsynced').then(
        () => 'answered',
        (error) => error.code ?? String(error),
      );
      tracer.kill('SIGINT');
      await once(tracer, 'exit');
      expect(outcome).not.toBe('answered');
      await write('after');
      const kept = await names();
      expect([...kept]).toEqual(expect.arrayContaining(['before', 'after']));
    },
  );
});

/** From here on every fsync and fdatasync of the process fails, as on a dying disk; resolves when all threads are held to it. */
async function refuseSyncs(pid: number): Promise<ChildProcess> {
  const tracer = spawn(
    'strace',
    ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=fsync,fdatasync:error=EIO', '-p', String(pid)],
    { stdio: 'ignore' },
  );
  await eventually('every thread is traced', async () => {
    const threads = await readdir(`/proc/${pid}/task`);
    const states = await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/status`, 'utf8')));
    return states.every((state) => state.includes(`TracerPid:\t${tracer.pid}`));
  });
  return tracer;
}
