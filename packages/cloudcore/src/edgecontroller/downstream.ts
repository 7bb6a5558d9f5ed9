// From the API to the edges: follows pods, nodes and what pods refer to, and tells each change to the sessions of the nodes it concerns.

import type { Clock, Logger } from '@selvedge/base';
import type { Informer, KubeClient } from '@selvedge/client';
import {
  type KubeObject,
  type Node,
  type Pod,
  type ResourceType,
  resources,
  type Stored,
} from '@selvedge/kubernetes';
import type { Digest } from '@selvedge/wire';
import type { Hub, NodeSession } from '../cloudhub/hub.ts';
import type { SyncStore } from '../synccontroller/sync-store.ts';
import type { ObjectCatalog, ServiceRecord } from './desired-objects.ts';
import { type Comparison, DigestDelivery } from './digest-delivery.ts';
import { type Change, followResource } from './follow.ts';
import type { NodeDelivery } from './node-delivery.ts';
import { NodeIndex, type ObjectVersion, type PodRecord, servicesKey, versionOf } from './node-index.ts';
import { ObjectSource } from './object-source.ts';
import { resourceKey } from './pod-references.ts';
import { SyncDelivery } from './sync-delivery.ts';

export interface DownstreamOptions {
  readonly client: KubeClient;
  readonly hub: Hub;
  readonly syncs: SyncStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly follower: DownstreamFollower;
}

/** Who else looks at the nodes and pods that pass by. */
export interface DownstreamFollower {
  nodeChanged(node: Stored<Node & KubeObject>): void;
  nodeDeleted(name: string): void;
  /** A pod that its node would lose by default when it is offline. */
  podLeavesByDefault(node: string, key: string): void;
}

interface Connected {
  readonly session: NodeSession;
  readonly delivery: DigestDelivery | SyncDelivery;
  readonly stop: AbortController;
}

type NodeObject = Node & KubeObject;

export class Downstream {
  readonly index = new NodeIndex();
  readonly catalog: ObjectCatalog;
  readonly #options: DownstreamOptions;
  readonly #source: ObjectSource;
  readonly #informers: readonly Informer<ObjectVersion>[];
  readonly #connected = new Map<string, Connected>();
  #synced = false;

  constructor(options: DownstreamOptions) {
    this.#options = options;
    const { client, clock, logger } = options;
    this.#source = new ObjectSource({ client, clock, logger });
    const follow = <Raw extends KubeObject, Kept extends ObjectVersion>(
      type: ResourceType,
      record: (object: Stored<Raw>) => Kept,
      changed: (change: Change<Raw, Kept>) => void,
      indexers?: Record<string, (record: Kept) => readonly string[]>,
    ) =>
      followResource<Raw, Kept>({
        client,
        type,
        record,
        changed,
        clock,
        logger,
        ...(indexers ? { indexers } : {}),
      });
    const referenced = (type: 'configmap' | 'secret', api: ResourceType) =>
      follow<KubeObject, ObjectVersion>(api, versionOf, (change) => this.#referencedChanged(type, change));
    const services = (type: 'service' | 'endpointslice', api: ResourceType) =>
      follow<KubeObject, ServiceRecord>(api, serviceRecord, (change) => this.#serviceChanged(type, change), {
        namespace: (record) => [record.namespace],
      });
    const configmap = referenced('configmap', resources.configmaps);
    const secret = referenced('secret', resources.secrets);
    const service = services('service', resources.services);
    const endpointslice = services('endpointslice', resources.endpointslices);
    this.catalog = {
      configmap: configmap.lister,
      secret: secret.lister,
      service: service.lister,
      endpointslice: endpointslice.lister,
    };
    const nodes = follow<NodeObject, ObjectVersion>(resources.nodes, versionOf, (change) =>
      this.#nodeChanged(change),
    );
    const pods = follow<Pod & KubeObject, PodRecord>(
      resources.pods,
      (pod) => this.index.podRecord(pod),
      (change) => this.#podChanged(change),
    );
    this.#informers = [nodes, configmap, secret, service, endpointslice, pods];
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  get source(): ObjectSource {
    return this.#source;
  }

  /** Resolves once every informer has its first list. */
  async synced(): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.synced));
  }

  async run(signal: AbortSignal): Promise<void> {
    const { hub } = this.#options;
    using stack = new DisposableStack();
    stack.use(hub.onConnected((session) => this.#connect(session)));
    stack.use(hub.onDisconnected((session) => this.#disconnect(session)));
    for (const session of hub.sessions()) this.#connect(session);
    void this.synced().then(() => {
      this.#synced = true;
      this.#resyncGoEdges();
    });
    await Promise.all(this.#informers.map((informer) => informer.run(signal)));
    for (const { stop } of this.#connected.values()) stop.abort();
  }

  /** What an edge has was told by it: queues the differences. Undefined when the session is over or has no digest. */
  async compare(session: NodeSession, digest: Digest): Promise<Comparison | undefined> {
    await this.synced();
    const connected = this.#connected.get(session.node);
    if (connected?.session !== session || !(connected.delivery instanceof DigestDelivery)) return undefined;
    return connected.delivery.compare(digest);
  }

  /** The delivery by ObjectSyncs of a Go edge's session. */
  syncDelivery(session: NodeSession): SyncDelivery | undefined {
    const connected = this.#connected.get(session.node);
    if (connected?.session !== session) return undefined;
    return connected.delivery instanceof SyncDelivery ? connected.delivery : undefined;
  }

  *syncDeliveries(): Generator<SyncDelivery> {
    if (!this.#synced) return;
    for (const { delivery } of this.#connected.values()) if (delivery instanceof SyncDelivery) yield delivery;
  }

  #connect(session: NodeSession): void {
    this.#connected.get(session.node)?.stop.abort();
    const { clock, logger, syncs } = this.#options;
    const stop = new AbortController();
    const common = {
      session,
      index: this.index,
      catalog: this.catalog,
      source: this.#source,
      clock,
      logger: logger.with({ node: session.node }),
      signal: stop.signal,
    };
    const delivery = session.capabilities.has('digest')
      ? new DigestDelivery(common)
      : new SyncDelivery({ ...common, syncs });
    this.#connected.set(session.node, { session, delivery, stop });
    if (this.#synced && syncs.hasSynced && delivery instanceof SyncDelivery) delivery.resync();
  }

  #disconnect(session: NodeSession): void {
    const connected = this.#connected.get(session.node);
    if (connected?.session !== session) return;
    connected.stop.abort();
    this.#connected.delete(session.node);
  }

  #resyncGoEdges(): void {
    if (!this.#options.syncs.hasSynced) return;
    for (const delivery of this.syncDeliveries()) delivery.resync();
  }

  #delivery(node: string): NodeDelivery | undefined {
    return this.#connected.get(node)?.delivery;
  }

  #podChanged({ kind, key, record, before, object }: Change<Pod & KubeObject, PodRecord>): void {
    const moved = before?.node && before.node !== record.node;
    if (before && (kind === 'deleted' || moved))
      this.#podRemoved(key, before, kind === 'deleted' ? object : undefined);
    if (kind === 'deleted' || !record.node) return;
    const replaced = moved ? undefined : before;
    const references = this.index.setPod(key, record, replaced?.node ? replaced : undefined);
    if (record.leavesByDefault) this.#options.follower.podLeavesByDefault(record.node, key);
    const delivery = this.#delivery(record.node);
    if (!delivery) return;
    const bound = replaced?.node ? replaced : undefined;
    // A pod made anew under the same name: the old one is deleted at the edge by its own uid.
    if (bound && bound.uid !== record.uid) delivery.deleted(podKey(key), bound, undefined);
    const sameUid = bound?.uid === record.uid ? bound : undefined;
    delivery.podUpdated({ key: podKey(key), version: record, before: sameUid, object }, references);
    if (references.removed.length > 0) delivery.unreferenced(references.removed);
  }

  #podRemoved(key: string, record: PodRecord, object: Stored<Pod & KubeObject> | undefined): void {
    if (!record.node) return;
    const { removed } = this.index.removePod(key, record);
    const delivery = this.#delivery(record.node);
    delivery?.deleted(podKey(key), record, object);
    if (removed.length > 0) delivery?.unreferenced(removed);
  }

  #referencedChanged(type: 'configmap' | 'secret', change: Change<KubeObject, ObjectVersion>): void {
    const [namespace = '', name = ''] = change.key.split('/');
    const key = resourceKey(namespace, type, name);
    for (const node of this.index.usersOf(key)) this.#tell(node, key, change);
  }

  #serviceChanged(type: 'service' | 'endpointslice', change: Change<KubeObject, ServiceRecord>): void {
    const { namespace, name } = change.record;
    const key = resourceKey(namespace, type, name);
    const nodes = new Set([...this.index.usersOf(servicesKey(namespace)), ...this.index.usersOf(key)]);
    for (const node of nodes) this.#tell(node, key, change);
  }

  #nodeChanged(change: Change<NodeObject, ObjectVersion>): void {
    const { key: name, kind, record } = change;
    if (kind === 'deleted') {
      this.index.removeNode(name);
      this.#options.follower.nodeDeleted(name);
      return;
    }
    this.index.setNode(name, record);
    if (change.object) this.#options.follower.nodeChanged(change.object);
    this.#tell(name, resourceKey(undefined, 'node', name), change);
  }

  #tell(node: string, key: string, change: Change<KubeObject, ObjectVersion>): void {
    const delivery = this.#delivery(node);
    if (!delivery) return;
    const { kind, record, before, object } = change;
    if (kind === 'deleted') delivery.deleted(key, record, object);
    else delivery.updated({ key, version: record, before, object });
  }
}

function podKey(key: string): string {
  const [namespace = '', name = ''] = key.split('/');
  return resourceKey(namespace, 'pod', name);
}

function serviceRecord(object: Stored<KubeObject>): ServiceRecord {
  const { namespace = '', name } = object.metadata;
  return { ...versionOf(object), namespace, name };
}
