// What the agent of an edge node keeps in memory: `selvedge edgecore` as `up` starts it, with nothing to run, and with `--pods`
// (10) running pods. Each is looked at `--settle` (60) seconds after the last pod has gone or has become Ready.
//
// figures: rss_idle_mib, rss_10_pods_mib: VmRSS of the process, which counts the program file's pages that it shares with other
// processes in full; pss_…: those by their share; anonymous_…: without them

import { readFileSync } from 'node:fs';
import { deletePods, podNames, sleepingPod, startPods } from './edge/bench-pods.ts';
import { startEdgeCluster } from './edge/edge-cluster.ts';
import type { Flags } from './main.ts';
import { printReport, type Report } from './report.ts';

export async function run(flags: Flags): Promise<void> {
  // Printed when everything has ended: nothing comes after it.
  printReport(await measure(flags));
}

async function measure(flags: Flags): Promise<Report> {
  const count = Number(flags.pods ?? 10);
  const settleSeconds = Number(flags.settle ?? 60);
  await using cluster = await startEdgeCluster();
  const pid = await cluster.edgecorePid();
  const look = async (what: string): Promise<Memory> => {
    await Bun.sleep(settleSeconds * 1000);
    const memory = memoryOf(pid);
    console.log(`${what}: ${JSON.stringify(memory)}`);
    return memory;
  };
  const idle = await look('idle');
  const names = podNames(count);
  await startPods(
    cluster.client,
    names.map((name) => sleepingPod(name)),
  );
  const loaded = await look(`${count} pods`);
  await deletePods(cluster.client, names);
  const after = await look('idle again');
  return {
    bench: 'edge-memory',
    sizes: { pods: count, settle_seconds: settleSeconds },
    figures: {
      rss_idle_mib: idle.rssMib,
      [`rss_${count}_pods_mib`]: loaded.rssMib,
      pss_idle_mib: idle.pssMib,
      [`pss_${count}_pods_mib`]: loaded.pssMib,
      anonymous_idle_mib: idle.anonymousMib,
      [`anonymous_${count}_pods_mib`]: loaded.anonymousMib,
      peak_mib: after.peakMib,
    },
    details: { idle, loaded, after },
  };
}

interface Memory {
  readonly rssMib: number;
  readonly pssMib: number;
  readonly anonymousMib: number;
  readonly peakMib: number;
}

function memoryOf(pid: number): Memory {
  const text = ['smaps_rollup', 'status']
    .map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8'))
    .join('');
  const mib = (field: string) =>
    Math.round((Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024) * 10) / 10;
  return { rssMib: mib('Rss'), pssMib: mib('Pss'), anonymousMib: mib('Anonymous'), peakMib: mib('VmHWM') };
}
