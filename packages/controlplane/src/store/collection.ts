// All durable entries of one resource in key order, their recent history, and who watches them.

import { History } from './history.ts';
import { SortedEntries } from './sorted-entries.ts';
import type { StoredEntry } from './stored-entry.ts';
import type { Entry, HistoryLimits, StoreEvent } from './types.ts';
import { ValuePacker } from './value-packer.ts';
import { WarmEntries } from './warm-entries.ts';

export interface ListRange {
  /** `namespace/`, or '' for all. */
  readonly prefix: string;
  /** Only keys above this one. */
  readonly after?: string;
  /** The state as of this revision; the newest when absent. */
  readonly revision?: number;
}

export type ListResult =
  | { readonly kind: 'entries'; readonly entries: Iterable<Entry> }
  | { readonly kind: 'compacted'; readonly compactedRevision: number };

export type WatchStart =
  | { readonly kind: 'watching'; readonly missed: readonly StoreEvent[]; stop(): void }
  | { readonly kind: 'compacted'; readonly compactedRevision: number };

interface AppliedWrite {
  readonly key: string;
  readonly revision: number;
  /** Absent: deleted. */
  readonly entry: StoredEntry | undefined;
}

/** A pod is written about five times in its first seconds, and then for hours not: what is beyond these is packed. */
const warmLimits = { maxEntries: 4_096, maxBytes: 8 * 1024 * 1024 };

export class Collection {
  readonly name: string;
  readonly #entries = new SortedEntries();
  readonly #warm = new WarmEntries(warmLimits);
  readonly #packer = new ValuePacker();
  readonly #history: History;
  readonly #watchers = new Set<(event: StoreEvent) => void>();
  #bytes = 0;

  constructor(name: string, limits: HistoryLimits, compactedRevision: number) {
    this.name = name;
    this.#history = new History(limits, compactedRevision);
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  get compactedRevision(): number {
    return this.#history.compactedRevision;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** The entries must be read before the next write is applied: the iterable walks live structures. */
  list(range: ListRange): ListResult {
    if (range.revision === undefined) return { kind: 'entries', entries: this.#walk(range) };
    if (range.revision < this.#history.compactedRevision) {
      return { kind: 'compacted', compactedRevision: this.#history.compactedRevision };
    }
    const overlay = this.#history.stateBefore(range.revision);
    return {
      kind: 'entries',
      entries: overlay.size === 0 ? this.#walk(range) : this.#walkAt(range, overlay),
    };
  }

  /** Calls the listener for each event after `revision`; those already past are returned, to be told first. */
  watch(revision: number, listener: (event: StoreEvent) => void): WatchStart {
    if (revision < this.#history.compactedRevision) {
      return { kind: 'compacted', compactedRevision: this.#history.compactedRevision };
    }
    this.#watchers.add(listener);
    return {
      kind: 'watching',
      missed: this.#history.after(revision),
      stop: () => void this.#watchers.delete(listener),
    };
  }

  /** Takes up a durable write and tells the watchers; returns the revisions that the journal may drop. */
  apply(write: AppliedWrite): number[] {
    const event = this.#replace(write);
    const discard = this.#history.add(event);
    for (const watcher of this.#watchers) watcher(event);
    return discard;
  }

  /** Takes up a write that is older than the history kept. */
  restore(write: AppliedWrite): void {
    this.#replace(write);
  }

  #replace({ key, revision, entry }: AppliedWrite): StoreEvent {
    const previous = entry ? this.#entries.set(entry) : this.#entries.delete(key);
    this.#bytes += (entry?.size ?? 0) - (previous?.size ?? 0);
    for (const cold of entry ? this.#warm.add(entry) : []) {
      // What was replaced meanwhile goes with the history, soon and whole.
      if (this.#entries.get(cold.key) === cold) this.#pack(cold);
    }
    return { revision, key, entry, previous };
  }

  #pack(entry: StoredEntry): void {
    const packed = this.#packer.pack(entry.value, entry.header.labels);
    if (packed) entry.pack(packed);
  }

  *#walk({ prefix, after }: ListRange): Generator<Entry> {
    for (const entry of this.#entries.from(after ?? prefix)) {
      if (!entry.key.startsWith(prefix)) return;
      if (entry.key !== after) yield entry;
    }
  }

  /** The walk as of an earlier time: `overlay` holds what the keys changed since then held. */
  *#walkAt(range: ListRange, overlay: Map<string, Entry | undefined>): Generator<Entry> {
    const inRange = (key: string) =>
      key.startsWith(range.prefix) && (range.after === undefined || key > range.after);
    const changed = [...overlay.values()].filter(
      (entry) => entry !== undefined && inRange(entry.key),
    ) as Entry[];
    changed.sort((one, other) => (one.key < other.key ? -1 : 1));
    let at = 0;
    for (const entry of this.#walk(range)) {
      for (let next = changed[at]; next && next.key <= entry.key; next = changed[++at]) yield next;
      if (!overlay.has(entry.key)) yield entry;
    }
    for (; at < changed.length; at++) yield changed[at] as Entry;
  }
}
