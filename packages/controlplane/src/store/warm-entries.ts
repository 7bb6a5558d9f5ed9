// The entries written last, in order: what leaves them without having changed again is no longer expected to.

import type { StoredEntry } from './stored-entry.ts';

export interface WarmLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

export class WarmEntries {
  readonly #limits: WarmLimits;
  #entries: StoredEntry[] = [];
  /** Entries before this index have left; the array is cut when they are many. */
  #head = 0;
  #bytes = 0;

  constructor(limits: WarmLimits) {
    this.#limits = limits;
  }

  /** Takes up a new entry; returns those that leave for it, oldest first. */
  add(entry: StoredEntry): StoredEntry[] {
    this.#entries.push(entry);
    this.#bytes += entry.size;
    const leaving: StoredEntry[] = [];
    const { maxEntries, maxBytes } = this.#limits;
    while (this.#entries.length - this.#head > maxEntries || this.#bytes > maxBytes) {
      const oldest = this.#entries[this.#head] as StoredEntry; // what is over a limit is not empty
      this.#head++;
      this.#bytes -= oldest.size;
      leaving.push(oldest);
    }
    if (this.#head > 1_000 && this.#head > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return leaving;
  }
}
