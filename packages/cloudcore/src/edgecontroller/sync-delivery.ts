// Delivery to Go edges by KubeEdge's reliable sync: each acknowledged version is recorded in an ObjectSync, and what is behind is sent again.

import type { Clock, Logger } from '@selvedge/base';
import { apiVersionOf, type KubeObject, type Stored } from '@selvedge/kubernetes';
import { isNewerVersion } from '@selvedge/wire';
import type { NodeSession } from '../cloudhub/hub.ts';
import type { SyncRecord } from '../synccontroller/object-sync.ts';
import type { SyncStore } from '../synccontroller/sync-store.ts';
import { isWanted, knownVersion, type ObjectCatalog } from './desired-objects.ts';
import { type DownstreamOperation, deletionStub, downstreamMessage } from './downstream-message.ts';
import type { NodeDelivery, ObjectUpdate } from './node-delivery.ts';
import type { NodeIndex, ObjectVersion } from './node-index.ts';
import type { ObjectSource } from './object-source.ts';
import { type ResourceKey, resourceKey } from './pod-references.ts';
import { parseWireResource, wireTypes, withType } from './resource-types.ts';

export interface SyncDeliveryOptions {
  readonly session: NodeSession;
  readonly index: NodeIndex;
  readonly catalog: ObjectCatalog;
  readonly source: ObjectSource;
  readonly syncs: SyncStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** What Go edges are sent unasked; services and slices reach them through MetaServer's watches. */
const deliveredTypes: ReadonlySet<string> = new Set(['pod', 'configmap', 'secret']);

export class SyncDelivery implements NodeDelivery {
  readonly #options: SyncDeliveryOptions;
  /** Versions on their way, by uid: not queued a second time. */
  readonly #queued = new Map<string, string>();
  /** Edges since v1.23 take their Node from the cloud; older ones ask for it. */
  #wantsNode = false;

  constructor(options: SyncDeliveryOptions) {
    this.#options = options;
  }

  /** The edge speaks the newer form of its node's name: push its Node from now on. */
  wantNode(): void {
    if (this.#wantsNode) return;
    this.#wantsNode = true;
    void this.#read(resourceKey(undefined, 'node', this.#options.session.node));
  }

  /** Compares what was acknowledged with what should be there, and queues what is behind. */
  resync(): void {
    const { index, session, syncs } = this.#options;
    const record = index.get(session.node);
    for (const [name, pod] of record?.pods ?? []) {
      const [namespace = '', podName = ''] = name.split('/');
      this.#catchUp(resourceKey(namespace, 'pod', podName), pod);
    }
    for (const sync of syncs.ofNode(session.node)) this.#checkSync(sync);
  }

  updated(update: ObjectUpdate): void {
    const type = update.key.split('/')[1] ?? '';
    if (type === 'node') {
      if (this.#wantsNode && update.before?.fingerprint !== update.version.fingerprint)
        this.#send(update, 'update');
      return;
    }
    if (!deliveredTypes.has(type)) return;
    if (type === 'secret') this.#send(update, 'update');
    else this.#send(update, update.before ? 'update' : 'insert');
  }

  podUpdated(update: ObjectUpdate): void {
    const deleting = update.object?.metadata.deletionTimestamp !== undefined;
    this.#send(update, update.before || deleting ? 'update' : 'insert');
  }

  deleted(key: ResourceKey, last: ObjectVersion, object: Stored<KubeObject> | undefined): void {
    if (!deliveredTypes.has(key.split('/')[1] ?? '')) return;
    this.#delete(key, last.uid, object);
  }

  unreferenced(): void {
    // The next comparison finds the records of objects that no pod refers to any more.
  }

  /** The edge has stored this version, which it had asked for itself. */
  acknowledged(key: ResourceKey, object: Stored<KubeObject>): void {
    const synced = this.#synced(key, object.metadata.uid);
    if (synced) this.#options.syncs.record(synced, object.metadata.resourceVersion);
  }

  #checkSync(sync: SyncRecord): void {
    const { index, session, catalog } = this.#options;
    const type = sync.objectKind.toLowerCase();
    if (!deliveredTypes.has(type)) return;
    const key = resourceKey(sync.namespace, type, sync.objectName);
    const known = knownVersion(catalog, index, session.node, key);
    const wanted = isWanted(index, session.node, key);
    const recorded = this.#options.syncs.acknowledged(sync) !== undefined;
    if (!known || !wanted || (known.uid !== sync.uid && type === 'pod')) {
      if (recorded) this.#delete(key, sync.uid, undefined);
    } else if (known.uid !== sync.uid && recorded) {
      // Made anew under the same name: the new object takes the old one's place at the edge, a deletion would take both.
      this.#options.syncs.forget(sync);
    }
    if (known && wanted) this.#catchUp(key, known);
  }

  #catchUp(key: ResourceKey, version: ObjectVersion): void {
    if (this.#isBehind(key, version)) void this.#read(key);
  }

  #isBehind(key: ResourceKey, version: ObjectVersion): boolean {
    const { syncs, session } = this.#options;
    const queued = this.#queued.get(version.uid);
    if (queued !== undefined && !isNewerVersion(version.resourceVersion, queued)) return false;
    const namespace = namespaceOf(key);
    const acknowledged = syncs.acknowledged({ node: session.node, uid: version.uid, namespace });
    return acknowledged === undefined || isNewerVersion(version.resourceVersion, acknowledged);
  }

  #send(update: ObjectUpdate, operation: DownstreamOperation): void {
    if (!this.#isBehind(update.key, update.version)) return;
    if (update.object) this.#deliver(update.key, update.object, operation);
    else void this.#read(update.key);
  }

  async #read(key: ResourceKey): Promise<void> {
    const { source, signal, session, index, catalog } = this.#options;
    const object = await source.get(key, signal);
    const known = knownVersion(catalog, index, session.node, key);
    if (!object || !known || !session.open || !isWanted(index, session.node, key)) return;
    // A version that is already old is followed by its successor's own event.
    this.#deliver(key, object, 'update');
  }

  #deliver(key: ResourceKey, object: Stored<KubeObject>, operation: DownstreamOperation): void {
    const { session, clock, syncs } = this.#options;
    const { uid, resourceVersion } = object.metadata;
    const queued = this.#queued.get(uid);
    if (!session.open || (queued !== undefined && !isNewerVersion(resourceVersion, queued))) return;
    this.#queued.set(uid, resourceVersion);
    const synced = this.#synced(key, uid);
    // Recorded before it is sent: should both ends be lost, the object's deletion is still told.
    if (synced) syncs.record(synced, '0');
    const type = wireTypes[key.split('/')[1] ?? ''];
    const content = type ? withType(object, type) : object;
    session.deliver(downstreamMessage({ operation, key, content, resourceVersion, nowMs: clock.now() }), {
      uid,
      onAcknowledged: () => {
        if (this.#queued.get(uid) === resourceVersion) this.#queued.delete(uid);
        if (synced) syncs.record(synced, resourceVersion);
      },
    });
  }

  #delete(key: ResourceKey, uid: string, object: Stored<KubeObject> | undefined): void {
    const { session, clock, syncs } = this.#options;
    if (!session.open || this.#queued.get(uid) === deletion) return;
    this.#queued.set(uid, deletion);
    const type = wireTypes[key.split('/')[1] ?? ''];
    const content = object && type ? withType(object, type) : deletionStub(key, uid);
    const resourceVersion = object?.metadata.resourceVersion;
    const message = downstreamMessage({
      operation: 'delete',
      key,
      content,
      nowMs: clock.now(),
      ...(resourceVersion ? { resourceVersion } : {}),
    });
    session.deliver(message, {
      uid,
      onAcknowledged: () => {
        this.#queued.delete(uid);
        syncs.forget({ node: session.node, uid, namespace: namespaceOf(key) });
      },
    });
  }

  #synced(key: ResourceKey, uid: string) {
    const resource = parseWireResource(key);
    const type = wireTypes[resource?.type ?? ''];
    if (!resource || !type) return undefined;
    const { node } = this.#options.session;
    return {
      node,
      uid,
      namespace: namespaceOf(key),
      apiVersion: apiVersionOf(type),
      kind: type.kind,
      name: resource.name,
    };
  }
}

/** Marks a uid whose deletion is on its way; no version is newer than it. */
const deletion = '18446744073709551615';

function namespaceOf(key: ResourceKey): string {
  const namespace = key.split('/')[0] ?? '';
  return namespace === 'null' ? '' : namespace;
}
