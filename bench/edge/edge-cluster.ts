// What the benches of an edge node measure on: a cluster as `selvedge up` starts it, with one real edge and nothing running on it.

import { join } from 'node:path';
import { createKubeClient, type KubeClient, loadKubeconfig } from '@selvedge/client';
import { type KubeObject, resources } from '@selvedge/kubernetes';
import { eventually, LocalCluster, reasonToSkip, runCommand } from '../../test/e2e/local-cluster.ts';

export interface EdgeCluster extends AsyncDisposable {
  readonly client: KubeClient;
  /** Of the edge: keys, store, volumes. */
  readonly edgeDirectory: string;
  edgecorePid(): Promise<number>;
  /** Process ids of the edge's running containers, by container id. */
  containerPids(): Promise<ReadonlyMap<string, number>>;
}

export const benchNamespace = 'default';

export async function startEdgeCluster(): Promise<EdgeCluster> {
  const reason = await reasonToSkip();
  if (reason) throw new Error(`this bench needs real containers: ${reason}`);
  await using stack = new AsyncDisposableStack();
  const cluster = stack.use(await LocalCluster.start());
  const { namespace: _, ...target } = await loadKubeconfig(cluster.kubeconfig);
  const client = stack.use(createKubeClient(target));
  await removeSample(client);
  const started = stack.move();
  const edgeDirectory = join(cluster.directory, 'edges/edge-1');
  return {
    client,
    edgeDirectory,
    edgecorePid: async () => Number((await cluster.process('edgecore-edge-1')).pid),
    containerPids: () => containerPids(join(edgeDirectory, 'containerd/containerd.sock')),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

async function removeSample(client: KubeClient): Promise<void> {
  await client.delete({ type: resources.deployments, namespace: benchNamespace, name: 'hello' });
  await untilNoPods(client);
}

export async function untilNoPods(client: KubeClient): Promise<void> {
  await eventually('no pod is left', async () => {
    const { items } = await client.list<KubeObject>(resources.pods, { namespace: benchNamespace });
    return items.length === 0;
  });
}

async function containerPids(socket: string): Promise<Map<string, number>> {
  const { stdout } = await runCommand(['ctr', '--address', socket, '--namespace', 'k8s.io', 'tasks', 'list']);
  const rows = stdout.split('\n').map((line) => line.split(/\s+/));
  return new Map(
    rows.filter((row) => row[2] === 'RUNNING').map(([id = '', pid = '']) => [id, Number(pid)] as const),
  );
}
