// Entries in the order of their keys: a list of short sorted runs, found by binary search, with no map beside it.

import type { StoredEntry } from './stored-entry.ts';

const runLength = 512;

export class SortedEntries {
  readonly #runs: StoredEntry[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): StoredEntry | undefined {
    const run = this.#runs[this.#runOf(key)];
    if (!run) return undefined;
    const entry = run[lowerBound(run, key)];
    return entry?.key === key ? entry : undefined;
  }

  /** Puts the entry in place and returns the one that it replaces. */
  set(entry: StoredEntry): StoredEntry | undefined {
    const index = this.#runOf(entry.key);
    const run = this.#runs[index];
    if (!run) {
      this.#runs.push([entry]);
      this.#size++;
      return undefined;
    }
    const at = lowerBound(run, entry.key);
    const present = run[at];
    if (present?.key === entry.key) {
      run[at] = entry;
      return present;
    }
    run.splice(at, 0, entry);
    this.#size++;
    if (run.length > runLength) this.#runs.splice(index + 1, 0, run.splice(runLength / 2));
    return undefined;
  }

  delete(key: string): StoredEntry | undefined {
    const index = this.#runOf(key);
    const run = this.#runs[index];
    if (!run) return undefined;
    const at = lowerBound(run, key);
    const present = run[at];
    if (present?.key !== key) return undefined;
    run.splice(at, 1);
    this.#size--;
    if (run.length === 0) this.#runs.splice(index, 1);
    return present;
  }

  /** Entries from `start` on (itself included), in order. The entries must not change while the walk is under way. */
  *from(start: string): Generator<StoredEntry> {
    let index = this.#runOf(start);
    let at = lowerBound(this.#runs[index] ?? [], start);
    for (; index < this.#runs.length; index++, at = 0) {
      const run = this.#runs[index] ?? [];
      for (; at < run.length; at++) yield run[at] as StoredEntry;
    }
  }

  /** The run that holds the key or would take it: the first whose last key is not below it, else the last run. */
  #runOf(key: string): number {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const run = this.#runs[middle] as StoredEntry[];
      if ((run[run.length - 1] as StoredEntry).key < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function lowerBound(run: readonly StoredEntry[], key: string): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((run[middle] as StoredEntry).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
