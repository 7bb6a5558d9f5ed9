// How long a changed ConfigMap takes to a node: `--changes` (200), one after the other, each timed from before the API request
// until the edge's store on disk has it, and until a running pod's mounted file reads it. Both are looked at every millisecond.
//
// figures: to_store_p50_ms, to_file_p50_ms

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { KubeClient } from '@selvedge/client';
import { type ConfigMap, type KubeObject, resources } from '@selvedge/kubernetes';
import { sleepingContainer, sleepingPod, startPods } from './edge/bench-pods.ts';
import { benchNamespace, type EdgeCluster, startEdgeCluster } from './edge/edge-cluster.ts';
import type { Flags } from './main.ts';
import { printReport, quantile, quantiles, type Report } from './report.ts';

const configMap = { type: resources.configmaps, namespace: benchNamespace, name: 'bench' };
const lookEveryMs = 1;
const changeTimeoutMs = 120_000;
/** Between changes, so that each meets an edge at rest; not the same each time, lest it beats with something periodic. */
const pauseMs = { least: 50, most: 150 };

export async function run(flags: Flags): Promise<void> {
  // Printed when everything has ended: nothing comes after it.
  printReport(await measure(flags));
}

async function measure(flags: Flags): Promise<Report> {
  const changes = Number(flags.changes ?? 200);
  await using cluster = await startEdgeCluster();
  const { client } = cluster;
  await client.create<ConfigMap & KubeObject>(resources.configmaps, {
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: { name: configMap.name, namespace: benchNamespace },
    data: { value: 'first' },
  });
  const readFile = await startReader(cluster);
  using store = openEdgeStore(join(cluster.edgeDirectory, 'edgecore.db'));
  const toStoreMs: number[] = [];
  const toFileMs: number[] = [];
  for (let change = 0; change < changes; change++) {
    const value = `change-${change}`;
    const sinceMs = performance.now();
    const [, inStoreMs, inFileMs] = await Promise.all([
      writeValue(client, value),
      until(() => store.content().includes(`"${value}"`)),
      until(() => readFile() === value),
    ]);
    toStoreMs.push(inStoreMs - sinceMs);
    toFileMs.push(inFileMs - sinceMs);
    await Bun.sleep(pauseMs.least + Math.random() * (pauseMs.most - pauseMs.least));
  }
  return report(toStoreMs, toFileMs);
}

function report(toStoreMs: readonly number[], toFileMs: readonly number[]): Report {
  const [store, file] = [sorted(toStoreMs), sorted(toFileMs)];
  return {
    bench: 'configmap-latency',
    sizes: { changes: toStoreMs.length },
    figures: {
      to_store_p50_ms: quantile(store, 0.5),
      to_store_p99_ms: quantile(store, 0.99),
      to_file_p50_ms: quantile(file, 0.5),
      to_file_p99_ms: quantile(file, 0.99),
    },
    details: { to_store_ms: quantiles(store), to_file_ms: quantiles(file) },
  };
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((one, other) => one - other);
}

async function writeValue(client: KubeClient, value: string): Promise<void> {
  await client.patch(configMap, 'merge', { data: { value } });
}

/** Starts a pod with the ConfigMap mounted; the answer reads the file as the container sees it. */
async function startReader(cluster: EdgeCluster): Promise<() => string> {
  const pod = sleepingPod('reader', {
    volumes: [{ name: 'words', configMap: { name: configMap.name } }],
    containers: [{ ...sleepingContainer, volumeMounts: [{ name: 'words', mountPath: '/words' }] }],
  });
  const [started] = await startPods(cluster.client, [pod]);
  const id = started?.pod.status?.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '';
  const pid = (await cluster.containerPids()).get(id);
  if (pid === undefined) throw new Error(`the container ${id} is not running`);
  return () => readFileSync(`/proc/${pid}/root/words/value`, 'utf8');
}

/** The store of a running edge, read beside it. */
function openEdgeStore(path: string): Disposable & { content(): string } {
  const database = new DatabaseSync(path, { readOnly: true });
  const select = database.prepare(
    "SELECT content FROM object WHERE type = 'configmap' AND namespace = ? AND name = ?",
  );
  return {
    content: () => String(select.get(configMap.namespace, configMap.name)?.content ?? ''),
    [Symbol.dispose]: () => database.close(),
  };
}

/** The time at which it became true. */
async function until(isTrue: () => boolean): Promise<number> {
  const deadlineMs = performance.now() + changeTimeoutMs;
  while (!isTrue()) {
    if (performance.now() > deadlineMs) throw new Error(`a change was not there after ${changeTimeoutMs} ms`);
    await Bun.sleep(lookEveryMs);
  }
  return performance.now();
}
