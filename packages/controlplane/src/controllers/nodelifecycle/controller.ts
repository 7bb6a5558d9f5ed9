// The node lifecycle controller: notices nodes that have gone silent, taints them, and moves their pods unless they are edges.

import type { WorkQueue } from '@selvedge/base';
import { type Node, nodeLeaseNamespace, resources, type Stored } from '@selvedge/kubernetes';
import { type ControllerContext, runController, unlessGone } from '../machinery/controller.ts';
import { timestamp } from '../machinery/event-recorder.ts';
import { isActive, type PodRecord } from '../machinery/pod-record.ts';
import { type Heartbeat, observe, readyCondition, silenceDueMs, silentConditions } from './conditions.ts';
import { decideEvictions, evictingTaints } from './eviction.ts';
import { decideTaints } from './node-taints.ts';

const nodeComponent = 'node-controller';
const evictionComponent = 'taint-eviction-controller';
/** The clock of a condition counts in seconds: looking again a little later never comes too early. */
const marginMs = 500;

interface State {
  readonly context: ControllerContext;
  readonly heartbeats: Map<string, Heartbeat>;
  /** Nodes whose pods have been marked as not ready since the node was last ready. */
  readonly marked: Set<string>;
}

export async function runNodeLifecycleController(
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const state: State = { context, heartbeats: new Map(), marked: new Set() };
  const { nodes, pods, leases } = context.informers;
  await runController({
    name: 'nodelifecycle',
    context,
    signal,
    concurrency: 8,
    reconcile: (name) => reconcile(state, name),
    follow: (queue) => [
      nodes.subscribe({
        added: (node) => {
          tell(context, node, 'RegisteredNode', 'Registered Node %s in Controller');
          queue.add(node.metadata.name);
        },
        modified: (node, old) => {
          hear(state, node.metadata.name);
          if (concerns(node, old)) queue.add(node.metadata.name);
        },
        deleted: (node) => {
          tell(context, node, 'RemovingNode', 'Removing Node %s from Controller');
          state.heartbeats.delete(node.metadata.name);
          state.marked.delete(node.metadata.name);
        },
      }),
      leases.subscribe({
        added: (lease) => void hear(state, lease.name),
        modified: (lease) => void hear(state, lease.name),
      }),
      pods.subscribe({
        added: (pod) => followPod(context, queue, pod),
        modified: (pod, old) => pod.nodeName !== old.nodeName && followPod(context, queue, pod),
      }),
    ],
  });
}

function tell({ events }: ControllerContext, node: Stored<Node>, reason: string, text: string): void {
  const { name, uid } = node.metadata;
  const message = `Node ${name} event: ${text.replace('%s', name)}`;
  const subject = { type: resources.nodes, name, uid };
  events.record({ subject, component: nodeComponent, type: 'Normal', reason, message });
}

/** Notes when the node was last heard of: at its lease's arrival, not when somebody looks. */
function hear({ context, heartbeats }: State, name: string): Heartbeat | undefined {
  const node = context.informers.nodes.lister.get(name);
  if (!node) return undefined;
  const renewTime = context.informers.leases.lister.get(`${nodeLeaseNamespace}/${name}`)?.renewTime ?? '';
  const heartbeat = observe(node, renewTime, heartbeats.get(name), context.clock.now());
  heartbeats.set(name, heartbeat);
  return heartbeat;
}

/** Heartbeats alone need no look: they are asked for when silence would be due. */
function concerns(node: Stored<Node>, old: Stored<Node>): boolean {
  const text = ({ metadata, spec, status }: Stored<Node>) =>
    JSON.stringify([
      metadata.labels,
      spec?.taints,
      spec?.unschedulable,
      status?.conditions?.map(({ type, status: value }) => [type, value]),
    ]);
  return text(node) !== text(old);
}

function followPod({ informers }: ControllerContext, queue: WorkQueue<string>, pod: PodRecord): void {
  const node = pod.nodeName === '' ? undefined : informers.nodes.lister.get(pod.nodeName);
  if (node && evictingTaints(node).length > 0) queue.add(pod.nodeName);
}

async function reconcile(state: State, name: string): Promise<number | undefined> {
  const { informers, clock } = state.context;
  const node = informers.nodes.lister.get(name);
  const heartbeat = hear(state, name);
  if (!node || !heartbeat) return undefined;
  const nowMs = clock.now();
  const dueMs = silenceDueMs(heartbeat, nowMs);
  if (dueMs <= 0) await declareSilent(state.context, node, nowMs);
  const taints = decideTaints(node, timestamp(nowMs));
  if (taints) await writeTaints(state.context, node, taints);
  await followReadiness(state, node);
  const evictAgainMs = await evict(state.context, node, nowMs);
  const silenceAgainMs = dueMs > 0 ? dueMs + marginMs : undefined;
  const again = [evictAgainMs, silenceAgainMs].filter((one) => one !== undefined);
  return again.length > 0 ? Math.min(...again) : marginMs * 10;
}

/** The change comes back as an event, and its taints and pods are seen to then. */
async function declareSilent(
  { client }: ControllerContext,
  node: Stored<Node>,
  nowMs: number,
): Promise<void> {
  const conditions = silentConditions(node, nowMs);
  if (conditions.length === 0) return;
  const reference = { type: resources.nodes, name: node.metadata.name };
  await unlessGone(
    client.patch(reference, 'strategic', { status: { conditions } }, { subresource: 'status' }),
  );
}

async function writeTaints(
  { client }: ControllerContext,
  node: Stored<Node>,
  taints: unknown[],
): Promise<void> {
  const { name, resourceVersion } = node.metadata;
  const patch = { metadata: { resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } };
  await unlessGone(client.patch({ type: resources.nodes, name }, 'merge', patch));
}

/** Nobody can tell whether the pods of a node that is not ready are: they leave their services' endpoints. */
async function followReadiness(state: State, node: Stored<Node>): Promise<void> {
  const { name, uid } = node.metadata;
  const ready = readyCondition(node)?.status;
  if (ready === 'True') {
    state.marked.delete(name);
    return;
  }
  if (ready === undefined || state.marked.has(name)) return;
  const { informers, events } = state.context;
  const message = `Node ${name} status is now: NodeNotReady`;
  const subject = { type: resources.nodes, name, uid };
  events.record({ subject, component: nodeComponent, type: 'Normal', reason: 'NodeNotReady', message });
  for (const pod of informers.pods.lister.byIndex('node', name)) {
    if (pod.readySinceMs > 0 && isActive(pod)) await markNotReady(state.context, pod);
  }
  state.marked.add(name);
}

async function markNotReady({ client, clock, events }: ControllerContext, pod: PodRecord): Promise<void> {
  const condition = { type: 'Ready', status: 'False', lastTransitionTime: timestamp(clock.now()) };
  const patch = { metadata: { uid: pod.uid }, status: { conditions: [condition] } };
  await unlessGone(client.patch(referenceTo(pod), 'strategic', patch, { subresource: 'status' }));
  const subject = { ...pod, type: resources.pods };
  const message = 'Node is not ready';
  events.record({ subject, component: nodeComponent, type: 'Warning', reason: 'NodeNotReady', message });
}

async function evict(
  context: ControllerContext,
  node: Stored<Node>,
  nowMs: number,
): Promise<number | undefined> {
  const { informers, client, events } = context;
  const pods = informers.pods.lister.byIndex('node', node.metadata.name);
  const decision = decideEvictions(node, pods, nowMs);
  for (const pod of decision.evict) {
    const subject = { ...pod, type: resources.pods };
    const message = `Marking for deletion Pod ${pod.namespace}/${pod.name}`;
    events.record({
      subject,
      component: evictionComponent,
      type: 'Normal',
      reason: 'TaintManagerEviction',
      message,
    });
    await sayWhy(context, pod, nowMs);
    await unlessGone(client.delete(referenceTo(pod), { preconditions: { uid: pod.uid } }));
  }
  return decision.againMs;
}

/** Left on the pod for whoever owns it: it was not its own fault. */
async function sayWhy({ client }: ControllerContext, pod: PodRecord, nowMs: number): Promise<void> {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: timestamp(nowMs),
  };
  const patch = { metadata: { uid: pod.uid }, status: { conditions: [condition] } };
  await unlessGone(client.patch(referenceTo(pod), 'strategic', patch, { subresource: 'status' }));
}

const referenceTo = ({ namespace, name }: PodRecord) => ({ type: resources.pods, namespace, name });
