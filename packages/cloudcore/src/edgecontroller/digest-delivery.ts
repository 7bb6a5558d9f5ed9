// Delivery to our own edges: nothing until the edge has said what it has, then the differences, then each change that means something to it.

import type { Clock, Logger } from '@selvedge/base';
import type { KubeObject, Stored } from '@selvedge/kubernetes';
import { type Digest, isNewerVersion } from '@selvedge/wire';
import type { NodeSession } from '../cloudhub/hub.ts';
import {
  deliveredTypes,
  desiredObjects,
  expandReference,
  isWanted,
  knownVersion,
  type ObjectCatalog,
} from './desired-objects.ts';
import { deletionStub, downstreamMessage, withoutManagedFields } from './downstream-message.ts';
import type { NodeDelivery, ObjectUpdate } from './node-delivery.ts';
import { fingerprintNumber, type NodeIndex, type ObjectVersion, type ReferenceChange } from './node-index.ts';
import type { ObjectSource } from './object-source.ts';
import type { ResourceKey } from './pod-references.ts';
import { wireTypes, withType } from './resource-types.ts';

export interface DigestDeliveryOptions {
  readonly session: NodeSession;
  readonly index: NodeIndex;
  readonly catalog: ObjectCatalog;
  readonly source: ObjectSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts when the session is over. */
  readonly signal: AbortSignal;
}

export interface Comparison {
  readonly counts: Readonly<Record<'sent' | 'deleted' | 'equal', number>>;
  /** What is on its way to the edge. */
  readonly differences: readonly ResourceKey[];
}

export class DigestDelivery implements NodeDelivery {
  readonly #options: DigestDeliveryOptions;
  #live = false;

  constructor(options: DigestDeliveryOptions) {
    this.#options = options;
  }

  /** Queues what the edge lacks and what it has too much. From here on changes are passed on. */
  async compare(digest: Digest): Promise<Comparison> {
    const { catalog, index, session } = this.#options;
    this.#live = true;
    const has = new Map(Object.entries(digest.objects));
    const missing: ResourceKey[] = [];
    let equal = 0;
    for (const [key, version] of desiredObjects(catalog, index, session.node)) {
      if (fingerprintNumber(has.get(key) ?? '') === version.fingerprint) equal++;
      else missing.push(key);
      has.delete(key);
    }
    const superfluous = [...has.keys()].filter((key) => deliveredTypes.has(key.split('/')[1] ?? ''));
    for (const key of superfluous) this.#delete(key, '');
    const isPod = (key: ResourceKey) => key.split('/')[1] === 'pod';
    const differences = [
      ...superfluous,
      ...(await this.#readAll(missing.filter((key) => !isPod(key)))),
      ...(await this.#readAll(missing.filter(isPod))),
    ];
    const counts = { sent: missing.length, deleted: superfluous.length, equal };
    return { counts, differences };
  }

  /** Those that were queued: what is gone by the time that it is read is not waited for. */
  async #readAll(keys: readonly ResourceKey[]): Promise<ResourceKey[]> {
    const queued = await Promise.all(keys.map((key) => this.#read(key)));
    return keys.filter((_, index) => queued[index]);
  }

  updated(update: ObjectUpdate): void {
    if (!this.#live || update.before?.fingerprint === update.version.fingerprint) return;
    this.#send(update);
  }

  podUpdated(update: ObjectUpdate, references: ReferenceChange): void {
    if (!this.#live || update.before?.fingerprint === update.version.fingerprint) return;
    const { catalog } = this.#options;
    const needed = references.added.flatMap((reference) => [...expandReference(catalog, reference)]);
    if (needed.length === 0) this.#send(update);
    else void this.#sendAfter(update, needed);
  }

  deleted(key: ResourceKey, last: ObjectVersion): void {
    if (this.#live) this.#delete(key, last.uid);
  }

  unreferenced(keys: readonly ResourceKey[]): void {
    if (!this.#live) return;
    const { catalog, index, session } = this.#options;
    for (const reference of keys) {
      for (const [key, version] of expandReference(catalog, reference)) {
        if (!isWanted(index, session.node, key)) this.#delete(key, version.uid);
      }
    }
  }

  /** What the pod needs is queued before it, so that it starts without asking. */
  async #sendAfter(
    update: ObjectUpdate,
    needed: readonly (readonly [ResourceKey, ObjectVersion])[],
  ): Promise<void> {
    await Promise.all(needed.map(([key]) => this.#read(key)));
    if (this.#known(update.key)?.fingerprint === update.version.fingerprint) this.#send(update);
  }

  #known(key: ResourceKey): ObjectVersion | undefined {
    const { catalog, index, session } = this.#options;
    return knownVersion(catalog, index, session.node, key);
  }

  #send(update: ObjectUpdate): void {
    if (update.object) this.#deliver(update.key, update.object, update.before ? 'update' : 'insert');
    else void this.#read(update.key);
  }

  /** Reads the object and queues it, unless it is no longer wanted; one older than what is known is read again. */
  async #read(key: ResourceKey): Promise<boolean> {
    const { source, signal, session, index } = this.#options;
    while (session.open) {
      const object = await source.get(key, signal);
      const known = this.#known(key);
      // Whoever removes an object from what is wanted or known tells the node so.
      if (!object || !known || !session.open || !isWanted(index, session.node, key)) return false;
      if (isNewerVersion(known.resourceVersion, object.metadata.resourceVersion)) continue;
      this.#deliver(key, object, 'update');
      return true;
    }
    return false;
  }

  #deliver(key: ResourceKey, object: Stored<KubeObject>, operation: 'insert' | 'update'): void {
    const { session, clock } = this.#options;
    if (!session.open) return;
    const type = wireTypes[key.split('/')[1] ?? ''];
    const { uid, resourceVersion } = object.metadata;
    const content = withoutManagedFields(type ? withType(object, type) : object);
    session.deliver(downstreamMessage({ operation, key, content, resourceVersion, nowMs: clock.now() }), {
      uid,
    });
  }

  #delete(key: ResourceKey, uid: string): void {
    const { session, clock } = this.#options;
    if (!session.open) return;
    const content = deletionStub(key, uid);
    session.deliver(downstreamMessage({ operation: 'delete', key, content, nowMs: clock.now() }), { uid });
  }
}
