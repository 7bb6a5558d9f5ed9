// Renews the leases of connected edges: CloudHub knows from the connection that a node is alive, so the edge need not say so.

import { type Clock, describeError, type Logger, sleep } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import { type KubeObject, type Lease, nodeLeaseNamespace, resources } from '@selvedge/kubernetes';
import type { Hub, NodeSession } from '../cloudhub/hub.ts';
import type { CloudMetrics } from '../metrics.ts';
import { LeaseSchedule } from './lease-schedule.ts';

export interface LeaseRenewerOptions {
  readonly client: KubeClient;
  readonly hub: Hub;
  /** The uid of the Node, which owns the lease; undefined while there is no Node. */
  readonly nodeUid: (node: string) => string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CloudMetrics;
  readonly minIntervalMs?: number;
  readonly maxIntervalMs?: number;
  readonly renewalsPerSecond?: number;
  readonly concurrency?: number;
}

const defaults = { minIntervalMs: 10_000, maxIntervalMs: 18_000, renewalsPerSecond: 1_000, concurrency: 64 };
const tickMs = 100;
/** What Kubernetes writes; informational, the node lifecycle controller has its own grace period. */
const leaseDurationSeconds = 40;

type LeaseObject = Lease & KubeObject;

export class LeaseRenewer {
  readonly #options: LeaseRenewerOptions;
  readonly #schedule: LeaseSchedule;
  readonly #running = new Set<string>();
  readonly #concurrency: number;

  constructor(options: LeaseRenewerOptions) {
    this.#options = options;
    const { minIntervalMs, maxIntervalMs, renewalsPerSecond } = { ...defaults, ...options };
    this.#concurrency = options.concurrency ?? defaults.concurrency;
    this.#schedule = new LeaseSchedule({ minIntervalMs, maxIntervalMs, renewalsPerSecond });
    options.metrics.gauge('selvedge_leases_held', () => this.#schedule.size);
    options.metrics.gauge('selvedge_lease_interval_seconds', () => this.#schedule.intervalMs / 1_000);
  }

  /** The longest that a node's silent death stays unseen by us: what the hub needs to notice, and one interval. */
  get intervalMs(): number {
    return this.#schedule.intervalMs;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { hub, clock } = this.#options;
    using stack = new DisposableStack();
    stack.use(hub.onConnected((session) => this.#connected(session)));
    stack.use(hub.onDisconnected((session) => this.#disconnected(session)));
    for (const session of hub.sessions()) this.#connected(session);
    while (!signal.aborted) {
      const room = this.#concurrency - this.#running.size;
      for (const node of this.#schedule.take(clock.monotonic(), room)) void this.#renew(node);
      await sleep(clock, tickMs, signal);
    }
  }

  #connected(session: NodeSession): void {
    if (session.capabilities.has('lease')) this.#schedule.add(session.node);
  }

  #disconnected(session: NodeSession): void {
    const current = this.#options.hub.session(session.node);
    if (!current || current.id === session.id) this.#schedule.remove(session.node);
  }

  /** Never rejects: the next turn comes anyway. */
  async #renew(node: string): Promise<void> {
    if (this.#running.has(node) || this.#options.nodeUid(node) === undefined) return;
    this.#running.add(node);
    try {
      await this.#write(node);
      this.#options.metrics.count('selvedge_lease_renewals_total', { result: 'ok' });
    } catch (error) {
      this.#options.metrics.count('selvedge_lease_renewals_total', { result: 'failed' });
      this.#options.logger.warn('lease not renewed', { node, error: describeError(error) });
    } finally {
      this.#running.delete(node);
    }
  }

  async #write(node: string): Promise<void> {
    const spec = {
      holderIdentity: node,
      leaseDurationSeconds,
      renewTime: microTime(this.#options.clock.now()),
    };
    const reference = { type: resources.leases, namespace: nodeLeaseNamespace, name: node };
    try {
      await this.#options.client.patch<LeaseObject>(reference, 'merge', { spec });
    } catch (error) {
      if (!isApiFault(error, 'NotFound')) throw error;
      const uid = this.#options.nodeUid(node);
      if (uid === undefined) return;
      await this.#options.client.create<LeaseObject>(resources.leases, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name: node,
          namespace: nodeLeaseNamespace,
          ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node, uid }],
        },
        spec: spec as Lease['spec'] & object,
      });
    }
  }
}

/** Kubernetes' MicroTime. */
export function microTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/Z$/, '000Z');
}
