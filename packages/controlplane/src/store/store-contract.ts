// The store as the API server sees it.

import type { Collection } from './collection.ts';
import type { Entry, Write, WriteResult } from './types.ts';

/**
 * Invariant: nothing that `collection()` shows, and no event, is of a write that could still be lost; only `latest()`,
 * which writers build on, sees writes on their way to the disk.
 */
export interface Store extends AsyncDisposable {
  /** The newest durable revision. */
  readonly revision: number;
  readonly pendingWrites: number;
  /** False once the last commit failed, until one succeeds. */
  readonly healthy: boolean;
  collection(name: string): Collection;
  collections(): Iterable<Collection>;
  latest(collection: string, key: string): Entry | undefined;
  /** Resolves when the write is durable; rejects with a Fault `store/write-failed` when it can not be made so. */
  write(write: Write): Promise<WriteResult>;
  /** Resolves when what `latest` showed under this revision can no longer be lost; rejects as its write does. */
  durable(revision: number): Promise<void>;
  /** Called when the storage failed in a way that only a restart can mend. */
  readonly failed: Promise<never>;
}
