// What a connected node costs the hub: `--n` mutual-TLS WebSocket nodes, each with a certificate of its own, a registered Node and
// `--pods` acknowledged pods, against the real cloudcore and the real control plane.
//
// figures: hub_bytes_per_connection (all shards), core_bytes_per_node, hub_cpu_ms_per_handshake (shards, TLS and upgrade)

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, type KubeClient, loadKubeconfig } from '@selvedge/client';
import { type KubeObject, resources, type Secret } from '@selvedge/kubernetes';
import { certificateToPem, identityFromDer, keyToPem } from '@selvedge/pki';
import { type Child, startChild } from './hub-connections/child.ts';
import { createNodes, createPods, nodeNames } from './hub-connections/cluster-objects.ts';
import type { LoadPlan } from './hub-connections/load.ts';
import { processStats, totalStats } from './hub-connections/process-stats.ts';
import type { Flags } from './main.ts';
import { printReport } from './report.ts';

const nodesPerLoadProcess = 10_000;
/** Until short-lived memory of the last step is given back. */
const settleMs = 15_000;

export async function run(flags: Flags): Promise<void> {
  const count = Number(flags.n ?? 10_000);
  const pods = Number(flags.pods ?? 10);
  const shards = Number(flags.shards ?? Math.ceil(count / 16_000));
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'selvedge-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, 'admin.kubeconfig');
  const controlPlane = stack.use(
    startChild(
      'program.ts',
      'controlplane',
      JSON.stringify({ dataDir: join(folder, 'controlplane'), port: 0, adminKubeconfig: kubeconfig }),
    ),
  );
  await controlPlane.next();
  const cloud = stack.use(
    startChild(
      'program.ts',
      'cloudcore',
      JSON.stringify({ kubeconfig, hubPort: 0, nodeLimit: count, shards, advertise: ['127.0.0.1'] }),
    ),
  );
  const { hubPort, shardProcessIds } = (await cloud.next()) as { hubPort: number; shardProcessIds: number[] };
  const { namespace: _, ...target } = await loadKubeconfig(kubeconfig);
  const client = stack.use(createKubeClient(target));
  await Bun.sleep(settleMs);
  const idle = { core: processStats(cloud.pid), shards: totalStats(shardProcessIds) };

  const names = nodeNames(count);
  note('creating nodes');
  await createNodes(client, names);
  note('connecting');
  const loads = await startLoads(client, { names, hubPort, pods, stack });
  const before = totalStats(shardProcessIds);
  const connectedAtMs = performance.now();
  const failed = await sum(loads, 'failed');
  const connectSeconds = (performance.now() - connectedAtMs) / 1000;
  const connected = totalStats(shardProcessIds);
  if (failed > 0) throw new Error(`${failed} connections failed`);

  note('creating pods');
  await createPods(client, names, pods);
  note('delivering pods');
  const startedAtMs = performance.now();
  for (const load of loads) load.send('ask');
  const acknowledged = await sum(loads, 'acknowledged');
  const deliverSeconds = (performance.now() - startedAtMs) / 1000;
  await Bun.sleep(settleMs);
  const loaded = { core: processStats(cloud.pid), shards: totalStats(shardProcessIds) };
  printReport({
    bench: 'hub-connections',
    sizes: { n: count, pods, shards },
    figures: {
      hub_bytes_per_connection: (loaded.shards.rssBytes - idle.shards.rssBytes) / count,
      core_bytes_per_node: (loaded.core.rssBytes - idle.core.rssBytes) / count,
      hub_cpu_ms_per_handshake: (connected.cpuMs - before.cpuMs) / count,
      acknowledged_pods: acknowledged,
      connects_per_s: count / connectSeconds,
      acknowledgements_per_s: acknowledged / deliverSeconds,
    },
    details: {
      idle: { core_rss_bytes: idle.core.rssBytes, shards_rss_bytes: idle.shards.rssBytes },
      loaded: { core_rss_bytes: loaded.core.rssBytes, shards_rss_bytes: loaded.shards.rssBytes },
      core_cpu_ms: loaded.core.cpuMs,
      shards_cpu_ms: loaded.shards.cpuMs,
    },
  });
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
    const load = options.stack.use(startChild('load.ts'));
    load.send(JSON.stringify(plan));
    loads.push(load);
  }
  return loads;
}

async function sum(loads: readonly Child[], field: string): Promise<number> {
  const answers = await Promise.all(loads.map((load) => load.next()));
  return answers.reduce((total, answer) => total + Number(answer[field] ?? 0), 0);
}

function note(step: string): void {
  console.log(`${new Date().toISOString()} ${step}`);
}
