import { expect, test } from 'bun:test';
import type { Container, PodSpec } from '@selvedge/kubernetes';
import { containerOf, podOf } from '../testing/pods.ts';
import {
  containerResources,
  cpuShares,
  oomScoreAdj,
  podCgroupPath,
  podCgroupResources,
  podRequests,
  sandboxResources,
} from './resources.ts';

const nodeMemoryBytes = 8 * 2 ** 30;
type Amounts = Record<string, string>;

function container(requests: Amounts, limits: Amounts = {}, fields: Partial<Container> = {}): Container {
  return containerOf({ resources: { requests, limits }, ...fields });
}

function podWith(containers: Container[], spec: Partial<PodSpec> = {}) {
  return podOf({ containers, ...spec });
}

test('shares follow the request, the quota the limit', () => {
  expect([0, 1, 10, 100, 1_000, 1_000_000].map(cpuShares)).toEqual([2, 2, 10, 102, 1024, 262_144]);
  const one = container({ cpu: '250m' }, { cpu: '500m', memory: '64Mi' });
  expect(containerResources(podWith([one]), one, nodeMemoryBytes)).toMatchObject({
    cpuShares: 256,
    cpuPeriod: 100_000,
    cpuQuota: 50_000,
    memoryLimitInBytes: 64 << 20,
  });
  const tiny = container({}, { cpu: '1m' });
  const made = containerResources(podWith([tiny]), tiny, nodeMemoryBytes);
  expect(made).toMatchObject({ cpuQuota: 1_000, cpuShares: 2 });
  expect(made.memoryLimitInBytes).toBeUndefined();
});

test('all sizes of huge pages are limited, most to none', () => {
  const one = container({}, { 'hugepages-2Mi': '4Mi', 'hugepages-64Ki': '128Ki' });
  expect(containerResources(podWith([one]), one, nodeMemoryBytes).hugepageLimits).toEqual([
    { pageSize: '2MB', limit: 4 << 20 },
    { pageSize: '1GB', limit: 0 },
    { pageSize: '64KB', limit: 128 << 10 },
  ]);
});

test('the less a pod was promised, the sooner it is ended for memory', () => {
  const score = (pod: ReturnType<typeof podOf>, bytes = 0) => oomScoreAdj(pod, bytes, nodeMemoryBytes);
  const full = { cpu: '1', memory: '1Gi' };
  expect(score(podOf())).toBe(1000);
  expect(score(podWith([container(full, full)]), 2 ** 30)).toBe(-997);
  expect(score(podWith([container({ cpu: '1' })]))).toBe(999);
  expect(score(podWith([container({ memory: '2Gi' })]), 2 * 2 ** 30)).toBe(750);
  expect(score(podWith([container({ memory: '8Gi' })]), nodeMemoryBytes)).toBe(3);
  expect(score(podOf({ priority: 2_000_000_000 }))).toBe(-997);
});

test('a pod asks for its containers together, or for the greediest init container', () => {
  const containers = [container({ cpu: '100m', memory: '10M' }), container({ cpu: '200m' })];
  expect(podRequests(podWith(containers))).toEqual({ cpuMilli: 300, memoryBytes: 10_000_000 });
  const initContainers = [container({ cpu: '1' }), container({ memory: '50M' })];
  expect(podRequests(podWith(containers, { initContainers }))).toEqual({
    cpuMilli: 1_000,
    memoryBytes: 50_000_000,
  });
  const sidecar = container({ cpu: '500m' }, {}, { restartPolicy: 'Always' });
  expect(podRequests(podWith(containers, { initContainers: [sidecar, ...initContainers] })).cpuMilli).toBe(
    1_500,
  );
  expect(podRequests(podWith(containers, { initContainers: [...initContainers, sidecar] })).cpuMilli).toBe(
    1_000,
  );
  expect(podRequests(podWith(containers, { overhead: { cpu: '50m' } })).cpuMilli).toBe(350);
});

test('a pod’s cgroup is limited only where every container is', () => {
  const limited = container({}, { cpu: '100m', memory: '32Mi' });
  expect(podCgroupResources(podWith([limited, limited]))).toEqual({
    cpuPeriod: 100_000,
    cpuQuota: 20_000,
    cpuShares: 204,
    memoryLimitInBytes: 64 << 20,
  });
  const free = podWith([limited, containerOf()]);
  expect(podCgroupResources(free)).toEqual({ cpuPeriod: 100_000, cpuShares: 102 });
  expect(sandboxResources(free)).toMatchObject({ cpuQuota: 10_000, memoryLimitInBytes: 32 << 20 });
});

test('a pod’s cgroup lies in that of its class', () => {
  const full = { cpu: '1', memory: '1Gi' };
  expect(podCgroupPath(podOf())).toBe('/kubepods/besteffort/poduid-1');
  expect(podCgroupPath(podWith([container({ cpu: '1' })]))).toBe('/kubepods/burstable/poduid-1');
  expect(podCgroupPath(podWith([container(full, full)]))).toBe('/kubepods/poduid-1');
});
