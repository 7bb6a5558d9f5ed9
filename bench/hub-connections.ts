// What a connected node costs the hub: `--n` mutual-TLS WebSocket nodes, each with a certificate of its own, a registered Node and
// `--pods` acknowledged pods, against the real cloudcore and the real control plane.
//
// figures: hub_bytes_per_connection (all shards), core_bytes_per_node: growth of the processes' resident memory (VmRSS of /proc)
// from the idle cloud to all pods acknowledged, after a pause; hub_cpu_ms_per_handshake: CPU time of the shards for TLS and
// upgrade, keepalives of that time included

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, type KubeClient, loadKubeconfig } from '@selvedge/client';
import { type KubeObject, resources, type Secret } from '@selvedge/kubernetes';
import { certificateToPem, identityFromDer, keyToPem } from '@selvedge/pki';
import { startCloud } from './hub-connections/cloud.ts';
import { createNodes, createPods, nodeNames } from './hub-connections/cluster-objects.ts';
import type { LoadPlan } from './hub-connections/load.ts';
import type { Flags } from './main.ts';
import { type Child, startChild } from './processes/child.ts';
import { processStats, totalStats } from './processes/process-stats.ts';
import { printReport, quantiles, type Report } from './report.ts';

const nodesPerLoadProcess = 10_000;
/** Until short-lived memory of the last step is given back. */
const settleMs = 15_000;

export async function run(flags: Flags): Promise<void> {
  // Printed when everything has ended: nothing comes after it.
  printReport(await measure(flags));
}

async function measure(flags: Flags): Promise<Report> {
  const count = Number(flags.n ?? 10_000);
  const pods = Number(flags.pods ?? 10);
  const shards = Number(flags.shards ?? Math.ceil(count / 16_000));
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'selvedge-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const cloud = stack.use(await startCloud({ folder, nodeLimit: count, shards }));
  const { namespace: _, ...target } = await loadKubeconfig(cloud.kubeconfig);
  const client = stack.use(createKubeClient(target));
  const look = () => ({ core: processStats(cloud.corePid), shards: totalStats(cloud.shardPids) });
  await Bun.sleep(settleMs);
  const idle = look();

  const names = nodeNames(count);
  note('creating nodes');
  await createNodes(client, names);
  note('connecting');
  const startedAtMs = performance.now();
  const loads = await startLoads(client, { names, hubPort: cloud.hubPort, pods, stack });
  const { failed = 0, timesMs: connectMs } = await gather(loads);
  if (failed > 0) throw new Error(`${failed} connections failed`);
  const connectedAtMs = performance.now();
  const connected = look();

  note('creating pods');
  await createPods(client, names, pods);
  note('delivering pods');
  const askedAtMs = performance.now();
  for (const load of loads) load.send('ask');
  const { acknowledged = 0, timesMs: deliverMs } = await gather(loads);
  const acknowledgedAtMs = performance.now();
  await Bun.sleep(settleMs);
  const loaded = look();
  return {
    bench: 'hub-connections',
    sizes: { n: count, pods, shards },
    figures: {
      hub_bytes_per_connection: (loaded.shards.rssBytes - idle.shards.rssBytes) / count,
      core_bytes_per_node: (loaded.core.rssBytes - idle.core.rssBytes) / count,
      hub_cpu_ms_per_handshake: (connected.shards.cpuMs - idle.shards.cpuMs) / count,
      acknowledged_pods: acknowledged,
      connects_per_s: count / seconds(startedAtMs, connectedAtMs),
      acknowledgements_per_s: acknowledged / seconds(askedAtMs, acknowledgedAtMs),
    },
    details: {
      connect_ms: quantiles(sorted(connectMs)),
      all_pods_acknowledged_ms: quantiles(sorted(deliverMs)),
      ...{ idle, connected, loaded },
    },
  };
}

function seconds(fromMs: number, toMs: number): number {
  return (toMs - fromMs) / 1000;
}

async function startLoads(
  client: KubeClient,
  options: { names: readonly string[]; hubPort: number; pods: number; stack: AsyncDisposableStack },
): Promise<Child[]> {
  const secret = await client.get<Secret & KubeObject>({
    type: resources.secrets,
    namespace: 'kubeedge',
    name: 'casecret',
  });
  const part = (key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64');
  const authority = identityFromDer(part('cadata'), part('cakeydata'));
  const loads: Child[] = [];
  for (let start = 0; start < options.names.length; start += nodesPerLoadProcess) {
    const plan: LoadPlan = {
      hubPort: options.hubPort,
      authority: { certificate: certificateToPem(authority.certificate), key: keyToPem(authority.key) },
      nodes: options.names.slice(start, start + nodesPerLoadProcess),
      concurrency: 64,
      pods: options.pods,
    };
    const load = options.stack.use(startChild(join(import.meta.dir, 'hub-connections/load.ts')));
    load.send(JSON.stringify(plan));
    loads.push(load);
  }
  return loads;
}

interface Gathered {
  readonly failed?: number;
  readonly acknowledged?: number;
  readonly timesMs: readonly number[];
}

/** The next answer of each load process, put together. */
async function gather(loads: readonly Child[]): Promise<Gathered> {
  const answers = (await Promise.all(loads.map((load) => load.next()))) as unknown as Gathered[];
  const total = (read: (answer: Gathered) => number) => answers.reduce((sum, one) => sum + read(one), 0);
  return {
    failed: total(({ failed = 0 }) => failed),
    acknowledged: total(({ acknowledged = 0 }) => acknowledged),
    timesMs: answers.flatMap(({ timesMs }) => timesMs),
  };
}

function sorted(valuesMs: readonly number[]): number[] {
  return [...valuesMs].sort((one, other) => one - other);
}

function note(step: string): void {
  console.log(`${new Date().toISOString()} ${step}`);
}
