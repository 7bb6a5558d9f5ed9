// The nodes and pods of the bench, made through the API as anybody would.

import type { KubeClient } from '@selvedge/client';
import { type KubeObject, resources } from '@selvedge/kubernetes';

const parallel = 64;

async function inParallel<Item>(
  items: Iterable<Item>,
  action: (item: Item) => Promise<unknown>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await action(next.value);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

export function nodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `bench-${index}`);
}

export async function createNodes(client: KubeClient, names: readonly string[]): Promise<void> {
  await inParallel(names, (name) => client.create<KubeObject>(resources.nodes, nodeObject(name)));
}

export async function createPods(
  client: KubeClient,
  names: readonly string[],
  perNode: number,
): Promise<void> {
  function* pods() {
    for (const node of names) for (let index = 0; index < perNode; index++) yield podObject(node, index);
  }
  await inParallel(pods(), (pod) => client.create<KubeObject>(resources.pods, pod));
}

function nodeObject(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'node-role.kubernetes.io/edge': '',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
      },
    },
    status: {
      capacity: { cpu: '2', memory: '2Gi', pods: '110' },
      allocatable: { cpu: '2', memory: '2Gi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ready' }],
    },
  };
}

function podObject(node: string, index: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${node}-${index}`, namespace: 'default', labels: { app: 'bench' } },
    spec: {
      nodeName: node,
      containers: [
        {
          name: 'main',
          image: 'busybox:1.36',
          command: ['sleep', 'infinity'],
          resources: { requests: { cpu: '10m', memory: '16Mi' } },
        },
      ],
    },
  };
}
