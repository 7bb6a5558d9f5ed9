// A journal that keeps nothing beyond the process: for tests, and for what need not outlive it.

import type { Journal, JournalBatch } from './types.ts';

export interface MemoryJournalOptions {
  /** Runs before a batch counts as kept; a rejection loses it, as a full disk would. */
  readonly beforeCommit?: (batch: JournalBatch) => Promise<void>;
}

export function memoryJournal(options: MemoryJournalOptions = {}): Journal {
  return {
    load: async () => ({ revision: 0, compacted: new Map() }),
    append: async (batch) => options.beforeCommit?.(batch),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
