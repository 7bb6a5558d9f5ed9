// What an informer knows: objects by key, and by the values that its indexers give each of them. Pure.

export type Indexer<T> = (object: T) => readonly string[];

export interface Lister<T> {
  readonly size: number;
  get(key: string): T | undefined;
  list(): IterableIterator<T>;
  /** The objects for which the named indexer gives this value; empty where none does. */
  byIndex(name: string, value: string): Iterable<T>;
}

export class IndexedStore<T> implements Lister<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, { indexer: Indexer<T>; values: Map<string, Set<T>> }>();

  constructor(indexers: Readonly<Record<string, Indexer<T>>> = {}) {
    for (const [name, indexer] of Object.entries(indexers)) this.addIndexer(name, indexer);
  }

  /** Adds an index over what is there and what will come; a name that is taken is a mistake of the caller. */
  addIndexer(name: string, indexer: Indexer<T>): void {
    if (this.#indexes.has(name)) throw new Error(`the index ${name} exists`);
    const values = new Map<string, Set<T>>();
    this.#indexes.set(name, { indexer, values });
    for (const object of this.#objects.values()) insert(values, indexer(object), object);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  list(): IterableIterator<T> {
    return this.#objects.values();
  }

  byIndex(name: string, value: string): Iterable<T> {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`there is no index ${name}`);
    return index.values.get(value) ?? [];
  }

  /** Puts the object under the key and returns the one that was there. */
  set(key: string, object: T): T | undefined {
    const old = this.delete(key);
    this.#objects.set(key, object);
    for (const { indexer, values } of this.#indexes.values()) insert(values, indexer(object), object);
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const { indexer, values } of this.#indexes.values()) remove(values, indexer(old), old);
    return old;
  }
}

function insert<T>(values: Map<string, Set<T>>, keys: readonly string[], object: T): void {
  for (const key of keys) {
    const set = values.get(key);
    if (set) set.add(object);
    else values.set(key, new Set([object]));
  }
}

function remove<T>(values: Map<string, Set<T>>, keys: readonly string[], object: T): void {
  for (const key of keys) {
    const set = values.get(key);
    set?.delete(object);
    if (set?.size === 0) values.delete(key);
  }
}
