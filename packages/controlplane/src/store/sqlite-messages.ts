// What the store and the thread that owns its database file say to each other.

import type { JournalBatch, JournalRecord, JournalState } from './types.ts';

export type WorkerRequest =
  | { readonly kind: 'state' }
  /** The next records above a revision; none after the last one. */
  | { readonly kind: 'records'; readonly after: number }
  | { readonly kind: 'append'; readonly batch: JournalBatch }
  | { readonly kind: 'close' };

export type WorkerAnswer =
  | { readonly kind: 'state'; readonly state: JournalState }
  | { readonly kind: 'records'; readonly records: readonly JournalRecord[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };
