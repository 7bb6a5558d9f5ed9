// The objects parsed most recently, within a budget of bytes: reading one pod twice must not cost twice, nor keep all in memory.

export interface Parsed {
  readonly value: unknown;
  /** Length of the JSON text that it was parsed from: what it costs, roughly. */
  readonly size: number;
}

export class ParseCache {
  readonly #maxSize: number;
  readonly #entries = new Map<string, Parsed>();
  #size = 0;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get(key: string): unknown {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, entry: Parsed): void {
    this.delete(key);
    if (entry.size > this.#maxSize) return;
    this.#entries.set(key, entry);
    this.#size += entry.size;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#maxSize) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#size -= entry.size;
  }

  clear(): void {
    this.#entries.clear();
    this.#size = 0;
  }
}
