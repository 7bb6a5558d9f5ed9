// Requests and limits as the kernel takes them: CPU shares and quota, memory, out-of-memory score, cgroup paths.

import { type Container, parseQuantity, quantityToMilli, quantityToNumber } from '@selvedge/kubernetes';
import type { LinuxContainerResources } from '../cri/cri.gen.ts';
import { allContainers, type EdgePod, isSidecar, qosClass, specOf } from '../pods/pod-spec.ts';

const cpuPeriodUs = 100_000;
const minShares = 2;
const maxShares = 262_144;
const minQuotaUs = 1_000;

export interface PodResources {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

export function cpuShares(milli: number): number {
  if (milli === 0) return minShares;
  return Math.min(maxShares, Math.max(minShares, Math.floor((milli * 1024) / 1000)));
}

function cpuQuota(milli: number): number | undefined {
  return milli === 0 ? undefined : Math.max(minQuotaUs, (milli * cpuPeriodUs) / 1000);
}

export function containerResources(
  pod: EdgePod,
  container: Container,
  nodeMemoryBytes: number,
): LinuxContainerResources {
  const limits = amounts(container.resources?.limits);
  const requests = requestsOf(container);
  const quota = cpuQuota(limits.cpuMilli);
  return {
    cpuPeriod: cpuPeriodUs,
    ...(quota !== undefined && { cpuQuota: quota }),
    cpuShares: cpuShares(requests.cpuMilli),
    ...(limits.memoryBytes > 0 && { memoryLimitInBytes: limits.memoryBytes }),
    oomScoreAdj: oomScoreAdj(pod, requests.memoryBytes, nodeMemoryBytes),
    hugepageLimits: hugepageLimits(container),
  };
}

function hugepageLimits(container: Container): { pageSize: string; limit: number }[] {
  const limits = new Map([
    ['2MB', 0],
    ['1GB', 0],
  ]);
  for (const [name, text] of Object.entries(container.resources?.limits ?? {})) {
    const size = /^hugepages-(\d+)([KMG])i$/.exec(name);
    const quantity = parseQuantity(text);
    if (size && quantity) limits.set(`${size[1]}${size[2]}B`, quantityToNumber(quantity));
  }
  return [...limits].map(([pageSize, limit]) => ({ pageSize, limit }));
}

/** The less of the node a pod was promised, the sooner the kernel ends it. */
export function oomScoreAdj(pod: EdgePod, requestBytes: number, nodeMemoryBytes: number): number {
  const critical = (specOf(pod).priority ?? 0) >= 2_000_000_000;
  const qos = qosClass(pod);
  if (critical || qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const score = Math.trunc(1000 - (1000 * requestBytes) / nodeMemoryBytes);
  return Math.min(999, Math.max(3, score));
}

function requestsOf(container: Container): PodResources {
  const { requests = {}, limits = {} } = container.resources ?? {};
  return amounts({ ...limits, ...requests });
}

function amounts(list: Record<string, string> | undefined): PodResources {
  const cpu = parseQuantity(list?.cpu ?? '0');
  const memory = parseQuantity(list?.memory ?? '0');
  return { cpuMilli: cpu ? quantityToMilli(cpu) : 0, memoryBytes: memory ? quantityToNumber(memory) : 0 };
}

/** What the whole pod asks for: init containers run one by one, sidecars beside all that follow. */
export function podRequests(pod: EdgePod): PodResources {
  return total(pod, requestsOf);
}

function total(pod: EdgePod, of: (container: Container) => PodResources): PodResources {
  let sidecars = { cpuMilli: 0, memoryBytes: 0 };
  let peak = sidecars;
  for (const container of specOf(pod).initContainers ?? []) {
    const own = of(container);
    if (isSidecar(container)) sidecars = sum(sidecars, own);
    peak = max(peak, isSidecar(container) ? sidecars : sum(sidecars, own));
  }
  const apps = specOf(pod).containers.map(of).reduce(sum, sidecars);
  const overhead = amounts(specOf(pod).overhead);
  return sum(max(peak, apps), overhead);
}

function sum(a: PodResources, b: PodResources): PodResources {
  return { cpuMilli: a.cpuMilli + b.cpuMilli, memoryBytes: a.memoryBytes + b.memoryBytes };
}

function max(a: PodResources, b: PodResources): PodResources {
  return { cpuMilli: Math.max(a.cpuMilli, b.cpuMilli), memoryBytes: Math.max(a.memoryBytes, b.memoryBytes) };
}

/** The pod's own cgroup: limited only where every container is. */
export function podCgroupResources(pod: EdgePod): LinuxContainerResources {
  const limits = total(pod, (container) => amounts(container.resources?.limits));
  const all = allContainers(pod).map(({ container }) => container.resources?.limits ?? {});
  const quota = all.every(({ cpu }) => cpu !== undefined) ? cpuQuota(limits.cpuMilli) : undefined;
  const memory = all.every(({ memory: limit }) => limit !== undefined) ? limits.memoryBytes : 0;
  return {
    cpuPeriod: cpuPeriodUs,
    ...(quota !== undefined && { cpuQuota: quota }),
    cpuShares: cpuShares(podRequests(pod).cpuMilli),
    ...(memory > 0 && { memoryLimitInBytes: memory }),
  };
}

/** For the sandbox: what the containers together may use, as far as they say. */
export function sandboxResources(pod: EdgePod): LinuxContainerResources {
  const limits = total(pod, (container) => amounts(container.resources?.limits));
  const quota = cpuQuota(limits.cpuMilli);
  return {
    cpuPeriod: cpuPeriodUs,
    ...(quota !== undefined && { cpuQuota: quota }),
    cpuShares: cpuShares(podRequests(pod).cpuMilli),
    ...(limits.memoryBytes > 0 && { memoryLimitInBytes: limits.memoryBytes }),
  };
}

/** `/kubepods/burstable/pod…`: one cgroup per class of service, one per pod. */
export function podCgroupPath(pod: EdgePod): string {
  const qos = qosClass(pod);
  const parent = qos === 'Guaranteed' ? '/kubepods' : `/kubepods/${qos.toLowerCase()}`;
  return `${parent}/pod${pod.metadata.uid}`;
}
