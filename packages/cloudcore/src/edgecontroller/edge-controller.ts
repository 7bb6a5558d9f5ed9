// EdgeController: both ways between the API and the connected edges, with KubeEdge's reliable sync for Go edges, and the nodes' lives.

import type { Clock, Logger } from '@selvedge/base';
import type { KubeClient } from '@selvedge/client';
import type { Hub } from '../cloudhub/hub.ts';
import type { CloudMetrics } from '../metrics.ts';
import { NodeLifecycle } from '../nodelifecycle/node-lifecycle.ts';
import { SyncController } from '../synccontroller/sync-controller.ts';
import { SyncStore } from '../synccontroller/sync-store.ts';
import { Downstream } from './downstream.ts';
import type { NodeIndex } from './node-index.ts';
import { Upstream } from './upstream.ts';

export interface EdgeControllerOptions {
  readonly client: KubeClient;
  readonly hub: Hub;
  /** The CA of the cluster's API server, PEM: what an edge gets for `k8s/ca.crt`. */
  readonly clusterCa: () => string;
  /** See NodeLifecycleOptions: true on any cluster but the embedded control plane. */
  readonly keepOfflinePods: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CloudMetrics;
}

export class EdgeController {
  readonly #options: EdgeControllerOptions;
  readonly #downstream: Downstream;
  readonly #upstream: Upstream;
  readonly #lifecycle: NodeLifecycle;
  readonly #syncs: SyncStore;
  readonly #syncController: SyncController;

  constructor(options: EdgeControllerOptions) {
    this.#options = options;
    const { client, hub, clusterCa, clock, logger, metrics } = options;
    this.#syncs = new SyncStore({ client, clock, logger });
    this.#downstream = new Downstream({
      client,
      hub,
      syncs: this.#syncs,
      clock,
      logger,
      follower: {
        nodeChanged: (node) => this.#lifecycle.nodeChanged(node),
        nodeDeleted: (node) => this.#nodeDeleted(node),
        podLeavesByDefault: (node, key) => this.#lifecycle.podLeavesByDefault(node, key),
      },
    });
    this.#lifecycle = new NodeLifecycle({
      client,
      hub,
      index: this.#downstream.index,
      clock,
      logger,
      metrics,
      keepOfflinePods: options.keepOfflinePods,
    });
    this.#upstream = new Upstream({
      client,
      hub,
      downstream: this.#downstream,
      clusterCa,
      clock,
      logger,
      metrics,
    });
    this.#syncController = new SyncController({
      client,
      syncs: this.#syncs,
      targets: () => this.#downstream.syncDeliveries(),
      nodeExists: (node) => this.#downstream.index.get(node)?.node !== undefined,
      clock,
      logger,
    });
    metrics.gauge('selvedge_objectsync_writes_pending', () => this.#syncs.pendingWrites);
  }

  /** What each node should have. */
  get index(): NodeIndex {
    return this.#downstream.index;
  }

  /** When the node's connection was lost, of those that were connected to this process. */
  disconnectedSinceMs(node: string): number | undefined {
    return this.#lifecycle.disconnectedSinceMs(node);
  }

  /** Resolves once everything was listed once: from then on deliveries and answers flow. */
  synced(): Promise<void> {
    return this.#downstream.synced();
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    using _upstream = this.#upstream.start();
    await Promise.all([
      this.#downstream.run(signal),
      this.#syncs.run(signal),
      this.#syncController.run(signal),
      this.#lifecycle.run(signal),
    ]);
  }

  /** KubeEdge's rule: with its Node gone an edge is cut off; when it comes back it registers anew. */
  #nodeDeleted(node: string): void {
    this.#syncController.forget(node);
    this.#lifecycle.nodeDeleted(node);
    this.#options.hub.session(node)?.close('the Node was deleted');
  }
}
