// What is known of edge nodes: their link, their pods, and what still waits to be delivered.

import { readFile } from 'node:fs/promises';
import type { Clock } from '@selvedge/base';
import type { KubeClient } from '@selvedge/client';
import { type NodeLocalStatus, statusPath } from '@selvedge/edgecore';
import { type KubeObject, resources } from '@selvedge/kubernetes';
import { type Condition, connectCluster, listNodes, readyCondition } from './cluster.ts';
import { type ConnectedNode, connectedNodes } from './hub-status.ts';

export interface LinkStatus {
  readonly state: 'up' | 'down';
  readonly since: string | null;
}

export interface NodeStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly link: LinkStatus;
  /** Null while the control plane does not answer. */
  readonly pods: { readonly wanted: number; readonly running: number } | null;
  /** Null where the cloud does not tell. */
  readonly pendingDeliveries: number | null;
}

/** An edge on this machine. */
export interface LocalEdge {
  readonly name: string;
  readonly directory: string;
  readonly isRunning: boolean;
}

export interface NodeStatusOptions {
  readonly kubeconfig: string;
  readonly hubPort: number;
  readonly edges: readonly LocalEdge[];
  readonly clock: Clock;
}

export interface NodeStatuses {
  readonly controlPlaneAnswers: boolean;
  readonly nodes: readonly NodeStatus[];
}

const answerTimeoutMs = 5_000;

interface PodObject extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}

/** Without the control plane, what the edges on this machine say of themselves. */
export async function nodeStatuses(options: NodeStatusOptions): Promise<NodeStatuses> {
  const { kubeconfig, hubPort, edges, clock } = options;
  const [links, connected = new Map<string, ConnectedNode>()] = await Promise.all([
    Promise.all(edges.map(async (edge) => [edge.name, await localLink(edge)] as const)),
    connectedNodes(hubPort),
  ]);
  const local = new Map(links);
  try {
    await using client = await connectCluster(kubeconfig, clock);
    await client.raw('GET', '/readyz', undefined, AbortSignal.timeout(answerTimeoutMs));
    return { controlPlaneAnswers: true, nodes: await collect(client, { local, connected }) };
  } catch {
    // Whatever the reason, the answer says that there was none and shows the rest.
    const nodes = [...local].map(([name, link]) => ({
      name,
      ready: false,
      link,
      pods: null,
      pendingDeliveries: connected.get(name)?.pendingDeliveries ?? null,
    }));
    return { controlPlaneAnswers: false, nodes };
  }
}

async function localLink({ directory, isRunning }: LocalEdge): Promise<LinkStatus> {
  if (!isRunning) return { state: 'down', since: null };
  const text = await readFile(statusPath(directory), 'utf8').catch(() => '');
  try {
    const { link } = JSON.parse(text) as NodeLocalStatus;
    return { state: link.state === 'connected' ? 'up' : 'down', since: link.since };
  } catch {
    return { state: 'down', since: null }; // not written yet
  }
}

interface KnownLinks {
  /** What the edges on this machine say of themselves. */
  readonly local: ReadonlyMap<string, LinkStatus>;
  readonly connected: ReadonlyMap<string, ConnectedNode>;
}

async function collect(client: KubeClient, known: KnownLinks): Promise<NodeStatus[]> {
  const signal = AbortSignal.timeout(answerTimeoutMs);
  const [nodes, pods] = await Promise.all([
    listNodes(client),
    client.list<PodObject>(resources.pods, { signal }),
  ]);
  return nodes.map((node) => {
    const name = node.metadata?.name ?? '';
    const condition = readyCondition(node);
    const own = pods.items.filter((pod) => pod.spec?.nodeName === name);
    return {
      name,
      ready: condition?.status === 'True',
      link: linkOf(known, name, condition),
      pods: {
        wanted: own.filter((pod) => !isFinished(pod)).length,
        running: own.filter((pod) => pod.status?.phase === 'Running').length,
      },
      pendingDeliveries: known.connected.get(name)?.pendingDeliveries ?? null,
    };
  });
}

/** What the node says itself, if it is on this machine and runs; then what the hub says; then what its Node object shows. */
function linkOf(
  { local, connected }: KnownLinks,
  name: string,
  condition: Condition | undefined,
): LinkStatus {
  const own = local.get(name);
  const session = connected.get(name);
  if (own?.since != null) return own;
  if (own)
    return {
      state: 'down',
      since: condition?.status === 'True' ? null : (condition?.lastTransitionTime ?? null),
    };
  if (session) return { state: 'up', since: session.connectedSince };
  return {
    state: condition?.status === 'True' ? 'up' : 'down',
    since: condition?.lastTransitionTime ?? null,
  };
}

function isFinished(pod: PodObject): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}
