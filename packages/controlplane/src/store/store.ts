// The store: durable collections in memory, written through a journal in groups; reads see durable writes alone.

import { Fault, type Logger } from '@selvedge/base';
import { Collection } from './collection.ts';
import { HeaderPool } from './header-pool.ts';
import type { Store } from './store-contract.ts';
import { StoredEntry } from './stored-entry.ts';
import type { Entry, Header, HistoryLimits, Journal, JournalRecord, Write, WriteResult } from './types.ts';

export interface StoreOptions {
  readonly journal: Journal;
  readonly logger: Logger;
  readonly history?: HistoryLimits;
  /** Writes waiting for the disk beyond which new ones are refused. */
  readonly maxPendingWrites?: number;
}

const defaultHistory: HistoryLimits = { maxEvents: 20_000, maxBytes: 32 * 1024 * 1024 };
const defaultMaxPendingWrites = 20_000;

interface Pending {
  readonly record: JournalRecord;
  readonly entry: StoredEntry | undefined;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Waiting {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Opens the store: reads the whole journal into memory. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = new JournaledStore(options);
  await store.load();
  return store;
}

class JournaledStore implements Store {
  readonly #journal: Journal;
  readonly #logger: Logger;
  readonly #limits: HistoryLimits;
  readonly #maxPendingWrites: number;
  readonly #collections = new Map<string, Collection>();
  readonly #headers = new HeaderPool();
  /** Keys with writes under way and what they will hold: `collection key` to entry, or undefined for deleted. */
  readonly #overlay = new Map<string, { revision: number; entry: Entry | undefined }>();
  /** Who answers with a revision that is on its way to the disk. */
  readonly #waiting = new Set<Waiting>();
  #compacted: ReadonlyMap<string, number> = new Map();
  #lastRevision = 0;
  #durableRevision = 0;
  #queued: Pending[] = [];
  #flushing: Promise<void> | undefined;
  #scheduled = false;
  #discard: number[] = [];
  #closed = false;
  #healthy = true;
  readonly failed: Promise<never>;
  #fail: (error: unknown) => void = () => undefined;

  constructor(options: StoreOptions) {
    this.#journal = options.journal;
    this.#logger = options.logger;
    this.#limits = options.history ?? defaultHistory;
    this.#maxPendingWrites = options.maxPendingWrites ?? defaultMaxPendingWrites;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined);
  }

  get revision(): number {
    return this.#durableRevision;
  }

  get pendingWrites(): number {
    return this.#queued.length;
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  async load(): Promise<void> {
    await this.#journal.load(
      (state) => {
        this.#compacted = state.compacted;
        this.#lastRevision = state.revision;
      },
      (record) => {
        this.#loadRecord(record);
        this.#lastRevision = Math.max(this.#lastRevision, record.revision);
      },
    );
    this.#durableRevision = this.#lastRevision;
  }

  collection(name: string): Collection {
    let collection = this.#collections.get(name);
    if (!collection) {
      collection = new Collection(name, this.#limits, this.#compacted.get(name) ?? 0);
      this.#collections.set(name, collection);
    }
    return collection;
  }

  collections(): Iterable<Collection> {
    return this.#collections.values();
  }

  latest(collection: string, key: string): Entry | undefined {
    const pending = this.#overlay.get(`${collection} ${key}`);
    return pending ? pending.entry : this.#collections.get(collection)?.get(key);
  }

  write(write: Write): Promise<WriteResult> {
    if (this.#closed) return Promise.reject(new Fault('store/closed', 'the store is closed'));
    if (this.#queued.length >= this.#maxPendingWrites) {
      return Promise.reject(
        new Fault('store/overloaded', `${this.#queued.length} writes wait for the disk`, { retryable: true }),
      );
    }
    const current = this.latest(write.collection, write.key);
    if ((current?.revision ?? 0) !== write.expectedRevision)
      return Promise.resolve({ kind: 'conflict', current });
    const revision = this.#lastRevision + 1;
    const content = write.build(revision);
    this.#lastRevision = revision;
    const entry = content && this.#entry(write.key, revision, content);
    const record: JournalRecord = {
      revision,
      collection: write.collection,
      key: write.key,
      previousRevision: write.expectedRevision,
      header: entry ? JSON.stringify(entry.header) : '',
      value: content?.value ?? null,
    };
    this.#overlay.set(`${write.collection} ${write.key}`, { revision, entry });
    return new Promise((resolve, reject) => {
      this.#queued.push({ record, entry, resolve, reject });
      this.#schedule();
    });
  }

  durable(revision: number): Promise<void> {
    if (revision <= this.#durableRevision) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.add({ revision, resolve, reject });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    while (this.#flushing || this.#queued.length > 0) {
      if (!this.#flushing) this.#flushing = this.#flush();
      await this.#flushing;
    }
    this.#closed = true;
    await this.#journal[Symbol.asyncDispose]();
  }

  /** Lets the writes of one turn of the event loop gather, unless a commit is under way: they gather behind it. */
  #schedule(): void {
    if (this.#scheduled || this.#flushing) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#flushing && this.#queued.length > 0) this.#flushing = this.#flush();
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#queued;
    this.#queued = [];
    const discard = this.#discard;
    this.#discard = [];
    try {
      await this.#journal.append({
        records: batch.map((pending) => pending.record),
        discard,
        compacted: discard.length > 0 ? this.#compactions() : new Map(),
        revision: this.#lastRevision,
      });
      this.#healthy = true;
      this.#commit(batch);
    } catch (error) {
      this.#discard = [...discard, ...this.#discard];
      this.#abandon(batch, error);
    }
    this.#flushing = undefined;
    if (this.#queued.length > 0) this.#flushing = this.#flush();
  }

  #commit(batch: readonly Pending[]): void {
    for (const { record, entry } of batch) {
      const overlayKey = `${record.collection} ${record.key}`;
      if (this.#overlay.get(overlayKey)?.revision === record.revision) this.#overlay.delete(overlayKey);
      this.#durableRevision = record.revision;
      const discard = this.collection(record.collection).apply({
        key: record.key,
        revision: record.revision,
        entry,
      });
      for (const revision of discard) this.#discard.push(revision);
    }
    for (const { record, entry, resolve } of batch) {
      resolve({ kind: 'written', revision: record.revision, entry });
    }
    for (const waiting of this.#waiting) {
      if (waiting.revision > this.#durableRevision) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }

  /** Nothing of the batch was kept: whoever waits is told, and so is who built on it meanwhile. */
  #abandon(batch: readonly Pending[], cause: unknown): void {
    this.#logger.error('store write failed', { error: String(cause), writes: batch.length });
    this.#healthy = false;
    const lost = [...batch, ...this.#queued];
    this.#queued = [];
    this.#overlay.clear();
    const fault = new Fault('store/write-failed', 'the write could not be stored', {
      cause,
      retryable: true,
    });
    for (const { reject } of [...lost, ...this.#waiting]) reject(fault);
    this.#waiting.clear();
    if (cause instanceof Fault && cause.code === 'store/journal-broken') this.#fail(cause);
  }

  #loadRecord(record: JournalRecord): void {
    const { key, revision, value } = record;
    const entry = value
      ? this.#entry(key, revision, { header: JSON.parse(record.header) as Header, value })
      : undefined;
    const collection = this.collection(record.collection);
    if (revision <= (this.#compacted.get(record.collection) ?? 0))
      collection.restore({ key, revision, entry });
    else for (const dropped of collection.apply({ key, revision, entry })) this.#discard.push(dropped);
  }

  #entry(key: string, revision: number, { header, value }: Pick<Entry, 'header' | 'value'>): StoredEntry {
    return new StoredEntry({ key, revision, header: this.#headers.share(header), value });
  }

  #compactions(): Map<string, number> {
    const compacted = new Map<string, number>();
    for (const collection of this.#collections.values()) {
      if (collection.compactedRevision > 0) compacted.set(collection.name, collection.compactedRevision);
    }
    return compacted;
  }
}
