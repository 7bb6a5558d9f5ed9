// How long pods take to start on an edge: `--pods` (10) at once through the API, from before the create request to the watch
// event that says Ready; `--rounds` (5), each with all pods new. The image is on the node already.
//
// figures: p50_ms, max_ms over the pods of all rounds; edgecore_cpu_ms_per_pod: what the agent itself spends, deletions included

import { deletePods, podNames, sleepingPod, startPods } from './edge/bench-pods.ts';
import { startEdgeCluster } from './edge/edge-cluster.ts';
import type { Flags } from './main.ts';
import { processStats } from './processes/process-stats.ts';
import { printReport, quantile, quantiles, type Report } from './report.ts';

export async function run(flags: Flags): Promise<void> {
  // Printed when everything has ended: nothing comes after it.
  printReport(await measure(flags));
}

async function measure(flags: Flags): Promise<Report> {
  const count = Number(flags.pods ?? 10);
  const rounds = Number(flags.rounds ?? 5);
  await using cluster = await startEdgeCluster();
  const { client } = cluster;
  const names = podNames(count);
  const pid = await cluster.edgecorePid();
  const cpuBeforeMs = processStats(pid).cpuMs;
  const timesMs: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    const started = await startPods(
      client,
      names.map((name) => sleepingPod(name)),
    );
    const sorted = started.map(({ readyMs }) => readyMs).sort((one, other) => one - other);
    timesMs.push(sorted);
    console.log(`round ${round + 1}: ${sorted.map((time) => Math.round(time)).join(' ')} ms`);
    await deletePods(client, names);
  }
  const all = timesMs.flat().sort((one, other) => one - other);
  return {
    bench: 'pod-startup',
    sizes: { pods: count, rounds },
    figures: {
      p50_ms: quantile(all, 0.5),
      max_ms: quantile(all, 1),
      edgecore_cpu_ms_per_pod: (processStats(pid).cpuMs - cpuBeforeMs) / (count * rounds),
    },
    details: { ready_ms: quantiles(all), rounds: timesMs.map((times) => quantiles(times)) },
  };
}
