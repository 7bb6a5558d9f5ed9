// For tests: an EdgeController over a memory API and a fake hub, running until disposed.

import { type Clock, FakeClock, silentLogger } from '@selvedge/base';
import type { KubeObject } from '@selvedge/kubernetes';
import { MetricRegistry } from '../../metrics.ts';
import { EdgeController } from '../edge-controller.ts';
import { FakeHub } from './fake-hub.ts';
import { MemoryApi } from './memory-api.ts';

export interface TestCloud extends AsyncDisposable {
  readonly api: MemoryApi;
  readonly hub: FakeHub;
  readonly clock: FakeClock;
  readonly controller: EdgeController;
  readonly metrics: MetricRegistry;
}

/** Starts after `prepare` has filled the API; resolves when everything was listed. */
export async function startTestCloud(
  prepare: (api: MemoryApi) => void = () => undefined,
): Promise<TestCloud> {
  const api = new MemoryApi();
  prepare(api);
  const hub = new FakeHub();
  const clock = new FakeClock();
  const metrics = new MetricRegistry();
  const stop = new AbortController();
  const controller = new EdgeController({
    client: api,
    hub,
    clusterCa: () => 'CLUSTER CA',
    keepOfflinePods: true,
    clock: clock as Clock,
    logger: silentLogger,
    metrics,
  });
  const running = controller.run(stop.signal);
  await controller.synced();
  return {
    api,
    hub,
    clock,
    controller,
    metrics,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await clock.advance(60_000);
      await running;
    },
  };
}

export function testPod(name: string, node: string, spec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    spec: {
      nodeName: node,
      serviceAccountName: 'default',
      containers: [{ name: 'main', image: 'app' }],
      ...spec,
    },
    status: { phase: 'Pending' },
  };
}

export function testNode(name: string): KubeObject {
  const labels = { 'node-role.kubernetes.io/edge': '' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, labels },
    spec: {},
    status: {},
  };
}

export function testConfigMap(name: string, value: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { value } };
}

export function testSecret(name: string, namespace = 'default'): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: { key: 'c2VjcmV0' } };
}
