// A local copy of one resource type, kept up by list and watch, with events for those who follow it.
// Source of the semantics: client-go's reflector and shared informer.

import {
  Backoff,
  type Clock,
  describeError,
  type Logger,
  silentLogger,
  sleep,
  systemClock,
} from '@selvedge/base';
import {
  groupResource,
  type KubeObject,
  objectKey,
  type ResourceType,
  type Stored,
} from '@selvedge/kubernetes';
import { isApiFault } from './api-fault.ts';
import { IndexedStore, type Indexer, type Lister } from './indexed-store.ts';
import type { KubeClient } from './kube-client.ts';

export interface InformerHandler<T> {
  added?(object: T, key: string): void;
  modified?(object: T, old: T, key: string): void;
  deleted?(object: T, key: string): void;
}

export interface InformerOptions<Raw extends KubeObject, Cached> {
  readonly client: KubeClient;
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Only metadata travels and is kept. */
  readonly metadataOnly?: boolean;
  /** What is kept of an object: only what the followers read. */
  readonly transform: (object: Stored<Raw>) => Cached;
  /** The resourceVersion of what is kept: tells after a new list what has changed. */
  readonly resourceVersionOf: (cached: Cached) => string;
  readonly indexers?: Readonly<Record<string, Indexer<Cached>>>;
  readonly pageSize?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly logger?: Logger;
}

export interface Informer<T> {
  readonly lister: Lister<T>;
  readonly hasSynced: boolean;
  /** Resolves when the first list is in the lister and its events are out. */
  readonly synced: Promise<void>;
  /** Follows from now on; objects already there come as `added` at once. Returns what ends it. Handlers must not throw. */
  subscribe(handler: InformerHandler<T>): () => void;
  addIndexer(name: string, indexer: Indexer<T>): void;
  /** Lists and watches until the signal aborts; never rejects: failures are logged and tried again. */
  run(signal: AbortSignal): Promise<void>;
}

const defaultPageSize = 500;
/** Few programs follow a server, and each of them is blind until it does again: the wait stays short. */
const retry = { initialMs: 200, maxMs: 5_000 };

/** An informer that keeps objects whole, but for managedFields. */
export function createInformer<T extends KubeObject>(
  options: Omit<InformerOptions<T, Stored<T>>, 'transform' | 'resourceVersionOf'>,
): Informer<Stored<T>> {
  return createRecordInformer<T, Stored<T>>({
    ...options,
    transform: withoutManagedFields,
    resourceVersionOf: (object) => object.metadata.resourceVersion,
  });
}

/** An informer that keeps what `transform` makes of each object. */
export function createRecordInformer<Raw extends KubeObject, Cached>(
  options: InformerOptions<Raw, Cached>,
): Informer<Cached> {
  return new ListWatch(options);
}

export function withoutManagedFields<T extends KubeObject>(object: Stored<T>): Stored<T> {
  delete object.metadata.managedFields;
  return object;
}

class ListWatch<Raw extends KubeObject, Cached> implements Informer<Cached> {
  readonly #options: InformerOptions<Raw, Cached>;
  readonly #store: IndexedStore<Cached>;
  readonly #handlers = new Set<InformerHandler<Cached>>();
  readonly #backoff: Backoff;
  readonly #log: Logger;
  readonly synced: Promise<void>;
  #markSynced: () => void = () => undefined;
  #hasSynced = false;
  /** Where the next watch starts; undefined: list first. */
  #resourceVersion: string | undefined;

  constructor(options: InformerOptions<Raw, Cached>) {
    this.#options = options;
    this.#store = new IndexedStore(options.indexers);
    this.#backoff = new Backoff({ ...retry, ...(options.random ? { random: options.random } : {}) });
    this.#log = (options.logger ?? silentLogger).with({ resource: groupResource(options.type) });
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  get lister(): Lister<Cached> {
    return this.#store;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  addIndexer(name: string, indexer: Indexer<Cached>): void {
    this.#store.addIndexer(name, indexer);
  }

  subscribe(handler: InformerHandler<Cached>): () => void {
    for (const key of this.#store.keys()) {
      const object = this.#store.get(key);
      if (object !== undefined) handler.added?.(object, key);
    }
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  async run(signal: AbortSignal): Promise<void> {
    const clock = this.#options.clock ?? systemClock;
    while (!signal.aborted) {
      const startedMs = clock.monotonic();
      try {
        this.#resourceVersion ??= await this.#list(signal);
        await this.#watch(this.#resourceVersion, signal);
        // A server that ends watches at once must not be asked in a tight loop.
        if (clock.monotonic() - startedMs < 1_000) await sleep(clock, this.#backoff.next(), signal);
      } catch (error) {
        if (signal.aborted) return;
        if (isApiFault(error, 'Expired', 'Gone')) {
          this.#resourceVersion = undefined;
          this.#log.debug('watch expired, listing again');
        } else {
          this.#log.warn('list or watch failed', { error: describeError(error) });
        }
        await sleep(clock, this.#backoff.next(), signal);
      }
    }
  }

  /** Lists all pages, then tells followers the differences; returns where to watch from. */
  async #list(signal: AbortSignal): Promise<string> {
    const found = new Set<string>();
    let continueToken: string | undefined;
    let resourceVersion = '';
    do {
      const page = await this.#options.client.list<Raw>(this.#options.type, {
        ...this.#selection(),
        limit: this.#options.pageSize ?? defaultPageSize,
        ...(continueToken ? { continueToken } : {}),
        signal,
      });
      for (const object of page.items) {
        found.add(objectKey(object));
        this.#upsert(object);
      }
      continueToken = page.metadata.continue;
      resourceVersion = page.metadata.resourceVersion ?? resourceVersion;
    } while (continueToken);
    for (const key of [...this.#store.keys()]) if (!found.has(key)) this.#remove(key);
    this.#backoff.reset();
    if (!this.#hasSynced) {
      this.#hasSynced = true;
      this.#markSynced();
    }
    return resourceVersion;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, type } = this.#options;
    for await (const event of client.watch<Raw>(type, { ...this.#selection(), resourceVersion, signal })) {
      this.#backoff.reset();
      if (event.kind === 'bookmark') {
        this.#resourceVersion = event.resourceVersion;
        continue;
      }
      this.#resourceVersion = event.object.metadata.resourceVersion;
      if (event.kind === 'deleted') this.#remove(objectKey(event.object), event.object);
      else this.#upsert(event.object);
    }
  }

  #selection() {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(metadataOnly ? { metadataOnly } : {}),
    };
  }

  #upsert(object: Stored<Raw>): void {
    const key = objectKey(object);
    const { transform, resourceVersionOf } = this.#options;
    const present = this.#store.get(key);
    if (present !== undefined && resourceVersionOf(present) === object.metadata.resourceVersion) return;
    const cached = transform(object);
    const old = this.#store.set(key, cached);
    for (const handler of this.#handlers) {
      if (old === undefined) handler.added?.(cached, key);
      else handler.modified?.(cached, old, key);
    }
  }

  #remove(key: string, last?: Stored<Raw>): void {
    const old = this.#store.delete(key);
    if (old === undefined) return;
    const final = last ? this.#options.transform(last) : old;
    for (const handler of this.#handlers) handler.deleted?.(final, key);
  }
}
