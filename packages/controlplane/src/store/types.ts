// What the API server asks of its storage: entries in collections, writes that are durable when answered, and history.

/** The few facts about an object that selectors and access rules need, kept parsed beside its bytes. */
export interface Header {
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What field selectors may ask of this kind: `spec.nodeName` and the like; absent means ''. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface Entry {
  /** `namespace/name`, or `name` for what has no namespace. */
  readonly key: string;
  /** The revision of the write that made these bytes: the object's resourceVersion. */
  readonly revision: number;
  readonly header: Header;
  /** The object's JSON without `apiVersion` and `kind`; begins with `{` and is never `{}`. May be made for each reading. */
  readonly value: Uint8Array;
  /** Bytes of `value`. */
  readonly size: number;
}

/** One write in the order of revisions: an entry put in place, or the last one taken away. */
export interface StoreEvent {
  readonly revision: number;
  readonly key: string;
  /** Absent: deleted. */
  readonly entry: Entry | undefined;
  readonly previous: Entry | undefined;
}

export interface Write {
  readonly collection: string;
  readonly key: string;
  /** The revision that the writer has seen, 0 for "there is none". */
  readonly expectedRevision: number;
  /** Makes the new content, told which revision it gets; undefined deletes. Runs before `write` returns. */
  readonly build: (revision: number) => { readonly header: Header; readonly value: Uint8Array } | undefined;
}

export type WriteResult =
  | { readonly kind: 'written'; readonly revision: number; readonly entry: Entry | undefined }
  | { readonly kind: 'conflict'; readonly current: Entry | undefined };

export interface HistoryLimits {
  readonly maxEvents: number;
  /** Of what only the history keeps alive. */
  readonly maxBytes: number;
}

export interface JournalRecord {
  readonly revision: number;
  readonly collection: string;
  readonly key: string;
  /** The revision that this one replaces, 0 for none. */
  readonly previousRevision: number;
  readonly header: string;
  /** Null: a deletion. */
  readonly value: Uint8Array | null;
}

export interface JournalBatch {
  readonly records: readonly JournalRecord[];
  /** Revisions whose records nobody can ask for any more. */
  readonly discard: readonly number[];
  /** Collection to the revision up to which its history is gone. */
  readonly compacted: ReadonlyMap<string, number>;
  /** The revision counter to start from after a restart. */
  readonly revision: number;
}

/** The durable half of a store: a log of records, oldest first. One `append` at a time. */
export interface Journal extends AsyncDisposable {
  /** Calls `begin` once, then `visit` for each record. */
  load(begin: (state: JournalState) => void, visit: (record: JournalRecord) => void): Promise<void>;
  /** Resolves after the batch can no longer be lost; rejects when none of it was kept. */
  append(batch: JournalBatch): Promise<void>;
}

export interface JournalState {
  readonly revision: number;
  readonly compacted: ReadonlyMap<string, number>;
}
