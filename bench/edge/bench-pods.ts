// The pods of the edge's benches: created through the API all at once, watched through the API until they are Ready.

import type { KubeClient } from '@selvedge/client';
import { type KubeObject, type Pod, resources, type Stored } from '@selvedge/kubernetes';
import { benchNamespace, untilNoPods } from './edge-cluster.ts';

export interface StartedPod {
  readonly name: string;
  /** From before the create request to the watch event that says Ready. */
  readonly readyMs: number;
  readonly pod: Stored<Pod>;
}

export function podNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `bench-${index}`);
}

const startTimeoutMs = 120_000;

/** Creates the pods, all requests at once, and resolves when every one of them is Ready. */
export async function startPods(client: KubeClient, pods: readonly Pod[]): Promise<StartedPod[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(startTimeoutMs)]);
  const { metadata } = await client.list<KubeObject>(resources.pods, { namespace: benchNamespace });
  const events = client.watch<Pod & KubeObject>(resources.pods, {
    namespace: benchNamespace,
    resourceVersion: metadata?.resourceVersion ?? '',
    signal,
  });
  const createdAtMs = new Map<string, number>();
  const started = new Map<string, StartedPod>();
  const watching = (async () => {
    for await (const event of events) {
      if (event.kind === 'bookmark' || !isReady(event.object)) continue;
      const { name } = event.object.metadata;
      const sinceMs = createdAtMs.get(name);
      if (sinceMs === undefined || started.has(name)) continue;
      started.set(name, { name, readyMs: performance.now() - sinceMs, pod: event.object });
      if (started.size === pods.length) return;
    }
    throw new Error(`only ${started.size} of ${pods.length} pods became Ready`);
  })();
  try {
    const creating = pods.map((pod) => {
      createdAtMs.set(pod.metadata?.name ?? '', performance.now());
      return client.create<Pod & KubeObject>(resources.pods, pod as Pod & KubeObject);
    });
    await Promise.all([...creating, watching]);
  } finally {
    stop.abort();
  }
  return [...started.values()];
}

export async function deletePods(client: KubeClient, names: readonly string[]): Promise<void> {
  await Promise.all(
    names.map((name) => client.delete({ type: resources.pods, namespace: benchNamespace, name })),
  );
  await untilNoPods(client);
}

/** A pod that waits; `spec` adds to it. */
export function sleepingPod(name: string, spec: Partial<NonNullable<Pod['spec']>> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: benchNamespace, labels: { app: 'bench' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [sleepingContainer],
      ...spec,
    },
  };
}

export const sleepingContainer = {
  name: 'main',
  image: 'localhost/busybox:1',
  imagePullPolicy: 'IfNotPresent',
  command: ['/bin/sleep', '2147483647'],
  resources: { requests: { cpu: '10m', memory: '16Mi' } },
};

function isReady(pod: Stored<Pod>): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
