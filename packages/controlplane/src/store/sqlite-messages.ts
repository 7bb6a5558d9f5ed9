// What the store and the thread that owns its database file say to each other.

import type { JournalBatch, JournalRecord } from './types.ts';

export type WorkerRequest =
  | { readonly kind: 'load' }
  | { readonly kind: 'append'; readonly batch: JournalBatch }
  | { readonly kind: 'close' };

export type WorkerAnswer =
  | { readonly kind: 'rows'; readonly records: readonly JournalRecord[] }
  | { readonly kind: 'loaded'; readonly revision: number; readonly compacted: ReadonlyMap<string, number> }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };
