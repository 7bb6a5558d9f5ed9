// What the cloud says of its edges' lives: leases while they are connected, Unknown when they are not, and pods that stay either way.

import type { Clock, Logger } from '@selvedge/base';
import type { KubeClient } from '@selvedge/client';
import type { KubeObject, Node, Stored } from '@selvedge/kubernetes';
import type { Hub } from '../cloudhub/hub.ts';
import type { NodeIndex } from '../edgecontroller/node-index.ts';
import type { CloudMetrics } from '../metrics.ts';
import { ConnectionStatus } from './connection-status.ts';
import { LeaseRenewer } from './lease-renewer.ts';
import { OfflineTolerations } from './offline-tolerations.ts';

export interface NodeLifecycleOptions {
  readonly client: KubeClient;
  readonly hub: Hub;
  readonly index: NodeIndex;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CloudMetrics;
  /**
   * Whether to take the end from pods' default tolerations. Not needed where the cluster's own controllers leave the pods
   * of unreachable edges alone, as those of the embedded control plane do.
   */
  readonly keepOfflinePods: boolean;
}

export const edgeLabel = 'node-role.kubernetes.io/edge';

export class NodeLifecycle {
  readonly #options: NodeLifecycleOptions;
  readonly #leases: LeaseRenewer;
  readonly #connections: ConnectionStatus;
  readonly #tolerations: OfflineTolerations;
  readonly #edges = new Set<string>();

  constructor(options: NodeLifecycleOptions) {
    this.#options = options;
    const { client, hub, index, clock, logger, metrics } = options;
    const nodeUid = (node: string) => index.get(node)?.node?.uid;
    this.#leases = new LeaseRenewer({ client, hub, nodeUid, clock, logger, metrics });
    this.#connections = new ConnectionStatus({ client, hub, clock, logger, metrics });
    this.#tolerations = new OfflineTolerations({ client, clock, logger, metrics });
    metrics.gauge('selvedge_edge_nodes', () => this.#edges.size);
  }

  /** When the node's connection was lost, of those that were connected to this process. */
  disconnectedSinceMs(node: string): number | undefined {
    return this.#connections.lostAtMs(node);
  }

  nodeChanged(node: Stored<Node & KubeObject>): void {
    const { name, labels = {} } = node.metadata;
    this.#connections.nodeSeen(node);
    if (!(edgeLabel in labels)) {
      this.#edges.delete(name);
      return;
    }
    if (this.#edges.has(name)) return;
    this.#edges.add(name);
    for (const [key, pod] of this.#options.index.get(name)?.pods ?? [])
      if (pod.leavesByDefault) this.#keep(key);
  }

  nodeDeleted(name: string): void {
    this.#edges.delete(name);
    this.#connections.nodeDeleted(name);
  }

  /** A pod on a node that would be evicted when the node is offline. */
  podLeavesByDefault(node: string, key: string): void {
    if (this.#edges.has(node)) this.#keep(key);
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#leases.run(signal),
      this.#connections.run(signal),
      this.#tolerations.run(signal),
    ]);
  }

  #keep(key: string): void {
    if (this.#options.keepOfflinePods) this.#tolerations.add(key);
  }
}
