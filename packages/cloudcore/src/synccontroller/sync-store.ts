// Reads and writes (Cluster)ObjectSyncs: what each Go edge has acknowledged, by node; writes are joined per object and done in the background.

import { type Clock, describeError, type Logger, runWorkers, WorkQueue } from '@selvedge/base';
import { createRecordInformer, type Informer, isApiFault, type KubeClient } from '@selvedge/client';
import type { Stored } from '@selvedge/kubernetes';
import { isNewerVersion } from '@selvedge/wire';
import {
  clusterObjectSyncs,
  type ObjectSync,
  objectSyncs,
  type SyncRecord,
  syncName,
  syncRecord,
} from './object-sync.ts';

export interface SyncedObject {
  readonly node: string;
  readonly uid: string;
  /** Empty for an object without a namespace. */
  readonly namespace: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

export interface SyncStoreOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly writers?: number;
}

type Write =
  | { readonly kind: 'acknowledged'; readonly object: SyncedObject; readonly resourceVersion: string }
  | { readonly kind: 'forget'; readonly namespace: string; readonly name: string };

const defaultWriters = 16;

export class SyncStore {
  readonly #options: SyncStoreOptions;
  readonly #informers: readonly Informer<SyncRecord>[];
  readonly #queue: WorkQueue<string>;
  readonly #writes = new Map<string, Write>();

  constructor(options: SyncStoreOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({ clock: options.clock, retryInitialMs: 100, retryMaxMs: 30_000 });
    this.#informers = [objectSyncs, clusterObjectSyncs].map((type) =>
      createRecordInformer<ObjectSync, SyncRecord>({
        client: options.client,
        type,
        clock: options.clock,
        logger: options.logger,
        transform: syncRecord,
        resourceVersionOf: (record) => record.resourceVersion,
        indexers: { node: (record) => [record.node] },
      }),
    );
  }

  get hasSynced(): boolean {
    return this.#informers.every((informer) => informer.hasSynced);
  }

  get pendingWrites(): number {
    return this.#writes.size;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { logger, writers } = this.#options;
    await Promise.all([
      ...this.#informers.map((informer) => informer.run(signal)),
      runWorkers({
        queue: this.#queue,
        concurrency: writers ?? defaultWriters,
        signal,
        reconcile: async (key) => {
          await this.#write(key);
          return undefined;
        },
        onError: (key, error) => logger.warn('ObjectSync not written', { key, error: describeError(error) }),
      }),
    ]);
  }

  *ofNode(node: string): Generator<SyncRecord> {
    for (const informer of this.#informers) yield* informer.lister.byIndex('node', node);
  }

  *all(): Generator<SyncRecord> {
    for (const informer of this.#informers) yield* informer.lister.list();
  }

  /** Last version of the object that the node acknowledged, writes under way included; undefined without a record. */
  acknowledged(object: Pick<SyncedObject, 'node' | 'uid' | 'namespace'>): string | undefined {
    const name = syncName(object.node, object.uid);
    const key = object.namespace ? `${object.namespace}/${name}` : name;
    const write = this.#writes.get(key);
    if (write) return write.kind === 'acknowledged' ? write.resourceVersion : undefined;
    for (const informer of this.#informers) {
      const record = informer.lister.get(key);
      if (record) return record.acknowledged;
    }
    return undefined;
  }

  /** Records that the node has this version; `0` says that the object is on its way for the first time. */
  record(object: SyncedObject, resourceVersion: string): void {
    const known = this.acknowledged(object);
    if (known !== undefined && !isNewerVersion(resourceVersion, known)) return;
    this.#put(object.namespace, syncName(object.node, object.uid), {
      kind: 'acknowledged',
      object,
      resourceVersion,
    });
  }

  /** The node has the object no more. */
  forget(object: Pick<SyncedObject, 'node' | 'uid' | 'namespace'>): void {
    const name = syncName(object.node, object.uid);
    this.#put(object.namespace, name, { kind: 'forget', namespace: object.namespace, name });
  }

  #put(namespace: string, name: string, write: Write): void {
    const key = namespace ? `${namespace}/${name}` : name;
    this.#writes.set(key, write);
    this.#queue.add(key);
  }

  async #write(key: string): Promise<void> {
    const write = this.#writes.get(key);
    if (!write) return;
    if (write.kind === 'forget') await this.#delete(write);
    else await this.#save(write.object, write.resourceVersion);
    if (this.#writes.get(key) === write) this.#writes.delete(key);
  }

  async #delete({ namespace, name }: { namespace: string; name: string }): Promise<void> {
    const reference = namespace ? { type: objectSyncs, namespace, name } : { type: clusterObjectSyncs, name };
    try {
      await this.#options.client.delete(reference);
    } catch (error) {
      if (!isApiFault(error, 'NotFound')) throw error;
    }
  }

  async #save(object: SyncedObject, resourceVersion: string): Promise<void> {
    try {
      await this.#patchStatus(object, resourceVersion);
    } catch (error) {
      if (!isApiFault(error, 'NotFound')) throw error;
      if (!(await this.#create(object))) return;
      await this.#patchStatus(object, resourceVersion);
    }
  }

  async #patchStatus(object: SyncedObject, resourceVersion: string): Promise<void> {
    const name = syncName(object.node, object.uid);
    const reference = object.namespace
      ? { type: objectSyncs, namespace: object.namespace, name }
      : { type: clusterObjectSyncs, name };
    const patch = { status: { objectResourceVersion: resourceVersion } };
    await this.#options.client.patch(reference, 'merge', patch, { subresource: 'status' });
  }

  /** False when the namespace is on its way out: nothing can be recorded there any more. */
  async #create(object: SyncedObject): Promise<boolean> {
    const type = object.namespace ? objectSyncs : clusterObjectSyncs;
    const sync: ObjectSync = {
      apiVersion: `${type.group}/${type.version}`,
      kind: type.kind,
      metadata: {
        name: syncName(object.node, object.uid),
        ...(object.namespace ? { namespace: object.namespace } : {}),
      },
      spec: { objectAPIVersion: object.apiVersion, objectKind: object.kind, objectName: object.name },
    };
    try {
      await this.#options.client.create<Stored<ObjectSync> | ObjectSync>(type, sync);
      return true;
    } catch (error) {
      // Another replica was faster: its record is as good.
      if (isApiFault(error, 'AlreadyExists')) return true;
      if (isApiFault(error, 'Forbidden') && error.message.includes('being terminated')) return false;
      throw error;
    }
  }
}
