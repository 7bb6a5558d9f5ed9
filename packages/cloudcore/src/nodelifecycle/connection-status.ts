// Says in the Node's Ready condition what the hub knows: a node whose connection is gone is Unknown at once, not after forty seconds.

import { type Clock, describeError, type Logger, runWorkers, WorkQueue } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import { type KubeObject, type Node, type NodeCondition, resources, type Stored } from '@selvedge/kubernetes';
import type { Message } from '@selvedge/wire';
import type { Hub, NodeSession } from '../cloudhub/hub.ts';
import type { CloudMetrics } from '../metrics.ts';

export interface ConnectionStatusOptions {
  readonly client: KubeClient;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CloudMetrics;
  /** How long a node may be away before its Node says so: a replaced connection is no outage. */
  readonly settleMs?: number;
}

type NodeObject = Node & KubeObject;

const defaultSettleMs = 1_000;
const concurrency = 16;
const maxConditionsLength = 8_192;

export class ConnectionStatus {
  readonly #options: ConnectionStatusOptions;
  readonly #queue: WorkQueue<string>;
  readonly #lostAtMs = new Map<string, number>();
  /** What each connected edge said last of itself, as JSON: to be said again when the cluster lost sight of it meanwhile. */
  readonly #reported = new Map<string, string>();

  constructor(options: ConnectionStatusOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({ clock: options.clock, retryInitialMs: 200, retryMaxMs: 30_000 });
    options.metrics.gauge('selvedge_nodes_disconnected', () => this.#lostAtMs.size);
  }

  /** When the node's connection was lost, of those that were connected to this process. */
  lostAtMs(node: string): number | undefined {
    return this.#lostAtMs.get(node);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { hub, logger } = this.#options;
    using stack = new DisposableStack();
    stack.use(hub.onConnected((session) => this.#lostAtMs.delete(session.node)));
    stack.use(hub.onDisconnected((session) => this.#disconnected(session)));
    stack.use(hub.onMessage((session, message) => this.#message(session, message)));
    await runWorkers({
      queue: this.#queue,
      concurrency,
      signal,
      reconcile: async (node) => {
        await this.#reconcile(node);
        return undefined;
      },
      onError: (node, error) =>
        logger.warn('Node condition not written', { node, error: describeError(error) }),
    });
  }

  /** A Node was seen: one that the cluster gave up while it is connected is looked at. */
  nodeSeen(node: Stored<NodeObject>): void {
    const { name } = node.metadata;
    const isLost = node.status?.conditions?.some(
      ({ type, status }) => type === 'Ready' && status === 'Unknown',
    );
    if (isLost && this.#reported.has(name)) this.#queue.add(name);
  }

  nodeDeleted(name: string): void {
    this.#lostAtMs.delete(name);
    this.#reported.delete(name);
  }

  #disconnected(session: NodeSession): void {
    if (!session.capabilities.has('lease')) return;
    this.#reported.delete(session.node);
    this.#lostAtMs.set(session.node, this.#options.clock.now());
    this.#queue.addAfter(session.node, this.#options.settleMs ?? defaultSettleMs);
  }

  #message(session: NodeSession, message: Message): void {
    const { operation, resource } = message.route;
    if (operation !== 'patch' || !session.capabilities.has('lease')) return;
    if (resource.split('/')[1] !== 'nodepatch') return;
    const conditions = conditionsOf(message.content);
    if (conditions) this.#reported.set(session.node, conditions);
  }

  async #reconcile(name: string): Promise<void> {
    const connected = this.#options.hub.session(name) !== undefined;
    const reported = this.#reported.get(name);
    if (connected && reported === undefined) return;
    const node = await this.#read(name);
    const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready');
    if (!node || !ready || (ready.status === 'Unknown') === !connected) return;
    const conditions = connected ? this.#heartbeat(reported ?? '[]') : [this.#lostCondition(name)];
    await this.#options.client.patch(
      { type: resources.nodes, name },
      'strategic',
      { status: { conditions } },
      {
        subresource: 'status',
      },
    );
    const event = connected ? 'node is back in the cluster' : 'node lost its connection';
    this.#options.logger.info(event, { node: name });
  }

  #lostCondition(name: string): NodeCondition {
    const nowMs = this.#options.clock.now();
    const since = seconds(this.#lostAtMs.get(name) ?? nowMs);
    return {
      type: 'Ready',
      status: 'Unknown',
      reason: 'ConnectionLost',
      message: `The edge has had no connection to the cloud since ${since}; its pods go on running.`,
      lastTransitionTime: seconds(nowMs),
    };
  }

  #heartbeat(reported: string): NodeCondition[] {
    const now = seconds(this.#options.clock.now());
    const conditions = JSON.parse(reported) as NodeCondition[];
    return conditions.map((one) => ({ ...one, lastHeartbeatTime: now, lastTransitionTime: now }));
  }

  async #read(name: string): Promise<Stored<NodeObject> | undefined> {
    try {
      return await this.#options.client.get<NodeObject>({ type: resources.nodes, name });
    } catch (error) {
      if (isApiFault(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

/** The conditions in a status patch, as JSON, when they are whole and of fair size. */
function conditionsOf(content: unknown): string | undefined {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  if (text === undefined || text.length > 1_000_000) return undefined;
  try {
    const conditions = (JSON.parse(text) as { status?: { conditions?: unknown } }).status?.conditions;
    if (!Array.isArray(conditions) || !conditions.some(isReady)) return undefined;
    const kept = JSON.stringify(conditions);
    return kept.length <= maxConditionsLength ? kept : undefined;
  } catch {
    // No JSON: the request itself is refused elsewhere.
    return undefined;
  }
}

function isReady(condition: unknown): boolean {
  return (
    typeof condition === 'object' && condition !== null && 'type' in condition && condition.type === 'Ready'
  );
}

/** Kubernetes' Time: whole seconds. */
function seconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
