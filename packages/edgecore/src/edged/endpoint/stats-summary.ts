// How much processor and memory each container uses, in the shape of a kubelet's summary.

import { readFile, statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { ContainerStats } from '../cri/cri.gen.ts';
import type { EdgedContext } from '../edged-context.ts';
import { kubernetesTime } from '../pods/pod-spec.ts';
import { containerNameLabel, podNameLabel, podNamespaceLabel, podUidLabel } from '../runtime/labels.ts';

export interface CpuStats {
  readonly time: string;
  readonly usageNanoCores?: number;
  readonly usageCoreNanoSeconds: number;
}

export interface MemoryStats {
  readonly time: string;
  readonly workingSetBytes: number;
  readonly usageBytes?: number;
  readonly availableBytes?: number;
}

export interface ContainerSummary {
  readonly name: string;
  readonly startTime: string;
  readonly cpu: CpuStats;
  readonly memory: MemoryStats;
  readonly rootfs: { readonly time: string; readonly usedBytes: number; readonly inodesUsed: number };
}

export interface PodSummary {
  readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly startTime: string;
  readonly containers: ContainerSummary[];
  readonly cpu: CpuStats;
  readonly memory: MemoryStats;
}

export interface Summary {
  readonly node: {
    readonly nodeName: string;
    readonly startTime: string;
    readonly cpu: CpuStats;
    readonly memory: MemoryStats;
    readonly fs: { readonly time: string; readonly capacityBytes: number; readonly availableBytes: number };
  };
  readonly pods: PodSummary[];
}

/** `/proc/stat` counts in hundredths of a second. */
const nanosecondsPerTick = 10_000_000;

export async function statsSummary(context: EdgedContext): Promise<Summary> {
  const { runtime, cache, clock } = context;
  const stats = await runtime.containerStats();
  const time = kubernetesTime(clock.now());
  const pods = new Map<string, PodSummary>();
  for (const item of stats) {
    const labels = item.attributes?.labels ?? {};
    const uid = labels[podUidLabel] ?? '';
    const state = cache.pod(uid);
    const started =
      state?.containers.find(({ id }) => id === item.attributes?.id)?.startedAtMs ?? clock.now();
    const pod = pods.get(uid) ?? {
      podRef: { name: labels[podNameLabel] ?? '', namespace: labels[podNamespaceLabel] ?? '', uid },
      startTime: kubernetesTime(state?.sandboxes[0]?.createdAtMs ?? clock.now()),
      containers: [],
      cpu: { time, usageNanoCores: 0, usageCoreNanoSeconds: 0 },
      memory: { time, workingSetBytes: 0, usageBytes: 0 },
    };
    const container = containerSummary(item, labels[containerNameLabel] ?? '', started, time);
    pods.set(uid, {
      ...pod,
      containers: [...pod.containers, container],
      cpu: {
        time,
        usageNanoCores: (pod.cpu.usageNanoCores ?? 0) + (container.cpu.usageNanoCores ?? 0),
        usageCoreNanoSeconds: pod.cpu.usageCoreNanoSeconds + container.cpu.usageCoreNanoSeconds,
      },
      memory: {
        time,
        workingSetBytes: pod.memory.workingSetBytes + container.memory.workingSetBytes,
        usageBytes: (pod.memory.usageBytes ?? 0) + (container.memory.usageBytes ?? 0),
      },
    });
  }
  return { node: await nodeSummary(context, time), pods: [...pods.values()] };
}

function containerSummary(
  item: ContainerStats,
  name: string,
  startedMs: number,
  time: string,
): ContainerSummary {
  const { cpu, memory, writableLayer } = item;
  const nanoCores = cpu?.usageNanoCores?.value;
  return {
    name,
    startTime: kubernetesTime(startedMs),
    cpu: {
      time,
      ...(nanoCores !== undefined && { usageNanoCores: nanoCores }),
      usageCoreNanoSeconds: cpu?.usageCoreNanoSeconds?.value ?? 0,
    },
    memory: {
      time,
      workingSetBytes: memory?.workingSetBytes?.value ?? 0,
      usageBytes: memory?.usageBytes?.value ?? memory?.workingSetBytes?.value ?? 0,
    },
    rootfs: {
      time,
      usedBytes: writableLayer?.usedBytes?.value ?? 0,
      inodesUsed: writableLayer?.inodesUsed?.value ?? 0,
    },
  };
}

async function nodeSummary({ settings, clock }: EdgedContext, time: string): Promise<Summary['node']> {
  const [stat, meminfo, uptime, disk] = await Promise.all([
    readFile('/proc/stat', 'utf8'),
    readFile('/proc/meminfo', 'utf8'),
    readFile('/proc/uptime', 'utf8'),
    statfs(settings.rootDirectory),
  ]);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (stat.split('\n')[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const available = Number(/^MemAvailable:\s+(\d+)/m.exec(meminfo)?.[1] ?? 0) * 1_024;
  const ticks = user + nice + system + irq + softirq + steal;
  return {
    nodeName: settings.nodeName,
    startTime: kubernetesTime(clock.now() - Number(uptime.split(' ')[0] ?? 0) * 1_000),
    cpu: { time, usageCoreNanoSeconds: ticks * nanosecondsPerTick, usageNanoCores: loadNanoCores(stat) },
    memory: {
      time,
      availableBytes: available,
      usageBytes: settings.memoryBytes - available,
      workingSetBytes: settings.memoryBytes - available,
    },
    fs: { time, capacityBytes: disk.blocks * disk.bsize, availableBytes: disk.bavail * disk.bsize },
  };
}

/** A rough rate since boot; consumers that want a rate take two summaries. */
function loadNanoCores(stat: string): number {
  const fields = (stat.split('\n')[0] ?? '').split(/\s+/).slice(1).map(Number);
  const total = fields.reduce((sum, value) => sum + value, 0);
  const idle = (fields[3] ?? 0) + (fields[4] ?? 0);
  return total === 0 ? 0 : Math.round(((total - idle) / total) * cpus().length * 1e9);
}
