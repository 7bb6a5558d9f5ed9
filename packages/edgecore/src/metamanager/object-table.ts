// The objects that this node holds: an index in memory over JSON text in SQLite, parsed when somebody looks.

import { Fault } from '@selvedge/base';
import type { KubeObject, Stored } from '@selvedge/kubernetes';
import { fingerprint } from '@selvedge/wire';
import { type Database, parseStored, type Statement } from './database.ts';
import type { StoredType } from './node-store.ts';
import { type ObjectKey, wireResource } from './object-key.ts';
import { ParseCache } from './parse-cache.ts';

export interface IndexEntry {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly fingerprint: string;
}

interface ObjectRow {
  readonly type: StoredType;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resource_version: string;
  readonly fingerprint: string;
}

export class ObjectTable {
  readonly #index = new Map<string, IndexEntry>();
  readonly #parsed: ParseCache;
  readonly #select: Statement<{ content: string }>;
  readonly #upsert: Statement<never>;
  readonly #delete: Statement<never>;

  constructor(database: Database, parseCacheBytes: number) {
    this.#parsed = new ParseCache(parseCacheBytes);
    this.#select = database.prepare(
      'SELECT content FROM object WHERE type = ? AND namespace = ? AND name = ?',
    );
    this.#upsert = database.prepare('INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#delete = database.prepare('DELETE FROM object WHERE type = ? AND namespace = ? AND name = ?');
    const rows = database
      .prepare<ObjectRow>('SELECT type, namespace, name, uid, resource_version, fingerprint FROM object')
      .all();
    for (const row of rows) this.#setIndex(row);
  }

  entry(key: ObjectKey): IndexEntry | undefined {
    return this.#index.get(wireResource(key));
  }

  entries(type?: StoredType): IndexEntry[] {
    const all = [...this.#index.values()];
    return type ? all.filter(({ key }) => key.type === type) : all;
  }

  /** The object as last committed; callers must not change it. */
  read<T extends KubeObject>(key: ObjectKey): Stored<T> | undefined {
    const id = wireResource(key);
    if (!this.#index.has(id)) return undefined;
    const cached = this.#parsed.get(id);
    if (cached) return cached as Stored<T>;
    const row = this.#select.get(key.type, key.namespace, key.name);
    if (!row) return undefined;
    const value = parseStored<Stored<T>>(row.content);
    this.#parsed.set(id, { value, size: row.content.length });
    return value;
  }

  list<T extends KubeObject>(type: StoredType, namespace?: string): Stored<T>[] {
    const found: Stored<T>[] = [];
    for (const { key } of this.#index.values()) {
      if (key.type !== type || (namespace !== undefined && key.namespace !== namespace)) continue;
      const object = this.read<T>(key);
      if (object) found.push(object);
    }
    return found;
  }

  /** Writes within the caller's transaction; the returned function makes the write visible once that is committed. */
  put(key: ObjectKey, object: KubeObject): () => void {
    const { uid = '', resourceVersion = '' } = object.metadata ?? {};
    const content = JSON.stringify(object);
    const mark = fingerprint(object);
    this.#upsert.run(key.type, key.namespace, key.name, uid, resourceVersion, mark, content);
    return () => {
      this.#index.set(wireResource(key), { key, uid, resourceVersion, fingerprint: mark });
      this.#parsed.set(wireResource(key), { value: object, size: content.length });
    };
  }

  /** As `put`, for an object that is gone. */
  remove(key: ObjectKey): () => void {
    this.#delete.run(key.type, key.namespace, key.name);
    return () => {
      this.#index.delete(wireResource(key));
      this.#parsed.delete(wireResource(key));
    };
  }

  /** Forgets parsed objects, for they may have been read from a transaction that was undone. */
  dropParsed(): void {
    this.#parsed.clear();
  }

  #setIndex(row: ObjectRow): void {
    const { type, namespace, name } = row;
    const key = { type, namespace, name };
    if (name === '') throw new Fault('metamanager/store-corrupt', 'an object in the store has no name');
    this.#index.set(wireResource(key), {
      key,
      uid: row.uid,
      resourceVersion: row.resource_version,
      fingerprint: row.fingerprint,
    });
  }
}
