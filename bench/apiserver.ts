// What the API server does in a second, over `--connections` (32) connections from a process beside it on the same machine:
// `--pods` (50000) created, then as many status patches, lease patches (of 1,000 leases) and gets; then whole lists, one at a time.
// `--kubeconfig FILE` loads another API server instead, such as a genuine one; its memory is not looked at then.
//
// figures: pod_creates_per_s, status_patches_per_s, lease_patches_per_s, gets_per_s, list_mb_per_s; bytes_per_pod: growth of
// the server process's PSS by the pods created, before any is patched, after what is garbage had time to go.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Flags } from './main.ts';
import { type Child, startChild } from './processes/child.ts';
import { processStats } from './processes/process-stats.ts';
import { printReport, quantiles } from './report.ts';

const leases = 1_000;
const listedMb = 400;
const settleMs = 15_000;
const millionBytes = 1_000_000;

interface Result {
  readonly seconds: number;
  readonly latenciesMs: number[];
  readonly bytes: number;
}

export async function run(flags: Flags): Promise<void> {
  const pods = Number(flags.pods ?? 50_000);
  const connections = Number(flags.connections ?? 32);
  await using stack = new AsyncDisposableStack();
  const server = flags.kubeconfig === undefined ? await startServer(stack) : undefined;
  const kubeconfig = flags.kubeconfig ?? String((await server?.next())?.kubeconfig);
  const load = startChild(
    join(import.meta.dir, 'apiserver/load.ts'),
    kubeconfig,
    ...[connections, pods, leases].map(String),
  );
  stack.use(load);
  await load.next();
  const measured = await measure({ load, server, pods });
  await stack.disposeAsync();
  const { figures, details } = measured;
  printReport({ bench: 'apiserver', sizes: { pods, connections, leases }, figures, details });
}

async function startServer(stack: AsyncDisposableStack): Promise<Child> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-apiserver-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  return stack.use(startChild(join(import.meta.dir, 'apiserver/server.ts'), dataDir));
}

async function measure({ load, server, pods }: { load: Child; server: Child | undefined; pods: number }) {
  const details: Record<string, unknown> = {};
  const phase = async (name: string, count: number): Promise<Result> => {
    load.send(JSON.stringify({ phase: name, count }));
    const result = (await load.next()) as unknown as Result;
    const sorted = result.latenciesMs.sort((one, other) => one - other);
    details[name] = { count, seconds: result.seconds, latencyMs: quantiles(sorted) };
    return result;
  };
  const perSecond = async (name: string, count: number) => count / (await phase(name, count)).seconds;
  await phase('namespace', 1);
  await phase('account', 1);
  await phase('leaseCreates', leases);
  const before = await settledBytes(server);
  const podCreates = await perSecond('podCreates', pods);
  const after = await settledBytes(server);
  const figures = {
    pod_creates_per_s: podCreates,
    status_patches_per_s: await perSecond('statusPatches', pods),
    lease_patches_per_s: await perSecond('leasePatches', pods),
    gets_per_s: await perSecond('gets', pods),
    list_mb_per_s: await listRate(phase),
    ...(server ? { bytes_per_pod: (after - before) / pods } : {}),
  };
  return { figures, details: { ...details, serverPssBytes: { before, after } } };
}

async function listRate(phase: (name: string, count: number) => Promise<Result>): Promise<number> {
  const one = await phase('lists', 1);
  const count = Math.max(1, Math.round((listedMb * millionBytes) / one.bytes));
  const all = await phase('lists', count);
  return all.bytes / millionBytes / all.seconds;
}

/** What the process holds at rest. */
async function settledBytes(server: Child | undefined): Promise<number> {
  if (!server) return 0;
  await Bun.sleep(settleMs);
  return processStats(server.pid).pssBytes;
}
