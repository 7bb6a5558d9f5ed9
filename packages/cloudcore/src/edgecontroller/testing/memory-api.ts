// For tests: a KubeClient over objects in memory, with watches; no defaults, no validation, no authorization.

import { ApiFault, type KubeClient, type ObjectReference, type WatchEvent } from '@selvedge/client';
import {
  groupResource,
  type KubeList,
  type KubeObject,
  objectKey,
  type ResourceType,
  type Stored,
} from '@selvedge/kubernetes';
import { applyJsonPatch, applyMergePatch } from '@selvedge/kubernetes/patch';

type AnyObject = Stored<KubeObject>;
type Verb = 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete';

export interface ApiCall {
  readonly verb: Verb;
  readonly resource: string;
  readonly name: string;
  readonly body?: unknown;
}

interface Watcher {
  readonly resource: string;
  readonly queue: WatchEvent[];
  wake: () => void;
}

export class MemoryApi implements KubeClient {
  readonly calls: ApiCall[] = [];
  /** Looked at before each call: what it throws is the answer, what it returns (but undefined) as well. */
  intercept: (call: ApiCall) => AnyObject | undefined = () => undefined;
  readonly #objects = new Map<string, Map<string, AnyObject>>();
  readonly #watchers = new Set<Watcher>();
  #version = 1_000;

  /** Puts an object as it is; uid and resourceVersion are made up where it has none. */
  put(type: ResourceType, object: KubeObject): AnyObject {
    const resource = groupResource(type);
    const key = objectKey(object);
    const table = this.#table(resource);
    const before = table.get(key);
    const { uid, resourceVersion } = object.metadata ?? {};
    const stored = structuredClone({
      ...object,
      metadata: {
        ...object.metadata,
        uid: uid ?? before?.metadata.uid ?? crypto.randomUUID(),
        resourceVersion: before || !resourceVersion ? `${++this.#version}` : resourceVersion,
      },
    }) as AnyObject;
    table.set(key, stored);
    this.#tell(resource, { kind: before ? 'modified' : 'added', object: structuredClone(stored) });
    return stored;
  }

  remove(type: ResourceType, namespace: string, name: string): void {
    const resource = groupResource(type);
    const key = namespace ? `${namespace}/${name}` : name;
    const object = this.#table(resource).get(key);
    if (!object) return;
    this.#table(resource).delete(key);
    const metadata = { ...object.metadata, resourceVersion: `${++this.#version}` };
    this.#tell(resource, { kind: 'deleted', object: { ...object, metadata } });
  }

  read(type: ResourceType, key: string): AnyObject | undefined {
    return this.#table(groupResource(type)).get(key);
  }

  async get<T extends KubeObject>(reference: ObjectReference): Promise<Stored<T>> {
    const early = this.#call('get', reference);
    return structuredClone(early ?? this.#present(reference)) as Stored<T>;
  }

  async list<T extends KubeObject>(type: ResourceType): Promise<KubeList<Stored<T>>> {
    this.#call('list', { type, name: '' });
    const items = [...this.#table(groupResource(type)).values()].map((object) => structuredClone(object));
    const metadata = { resourceVersion: `${this.#version}` };
    return { apiVersion: 'v1', kind: `${type.kind}List`, metadata, items: items as unknown as Stored<T>[] };
  }

  async create<T extends KubeObject>(
    type: ResourceType,
    object: T,
    options: { name?: string } = {},
  ): Promise<Stored<T>> {
    const name = options.name ?? object.metadata?.name ?? '';
    const early = this.#call('create', { type, name }, object);
    if (early) return structuredClone(early) as Stored<T>;
    if (this.#table(groupResource(type)).has(objectKey(object))) {
      throw this.#failure(409, 'AlreadyExists', `${groupResource(type)} "${name}" already exists`);
    }
    return structuredClone(this.put(type, object)) as Stored<T>;
  }

  async update<T extends KubeObject>(type: ResourceType, object: T): Promise<Stored<T>> {
    const name = object.metadata?.name ?? '';
    const early = this.#call('update', { type, name }, object);
    if (early) return structuredClone(early) as Stored<T>;
    const { namespace } = object.metadata ?? {};
    this.#present(namespace ? { type, namespace, name } : { type, name });
    return structuredClone(this.put(type, object)) as Stored<T>;
  }

  async patch<T extends KubeObject>(
    reference: ObjectReference,
    patchType: string,
    patch: unknown,
  ): Promise<Stored<T>> {
    const early = this.#call('patch', reference, patch);
    if (early) return structuredClone(early) as Stored<T>;
    const before = this.#present(reference);
    if (patchType !== 'json') {
      const after = applyMergePatch(before, patch) as KubeObject;
      return structuredClone(this.put(reference.type, after)) as Stored<T>;
    }
    const result = applyJsonPatch(before, patch);
    if (!('value' in result)) throw this.#failure(422, 'Invalid', 'the patch does not apply');
    return structuredClone(this.put(reference.type, result.value as KubeObject)) as Stored<T>;
  }

  async delete(
    reference: ObjectReference,
    options: { preconditions?: { uid?: string } } = {},
  ): Promise<void> {
    this.#call('delete', reference, options);
    const present = this.#present(reference);
    const uid = options.preconditions?.uid;
    if (uid && uid !== present.metadata.uid) throw this.#failure(409, 'Conflict', 'another uid');
    this.remove(reference.type, reference.namespace ?? '', reference.name);
  }

  async *watch<T extends KubeObject>(
    type: ResourceType,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>> {
    const watcher: Watcher = { resource: groupResource(type), queue: [], wake: () => undefined };
    this.#watchers.add(watcher);
    try {
      while (!signal.aborted) {
        const event = watcher.queue.shift();
        if (event) {
          yield event as WatchEvent<T>;
          continue;
        }
        await new Promise<void>((resolve) => {
          watcher.wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  async raw(): Promise<unknown> {
    return {};
  }

  #call(verb: Verb, reference: ObjectReference, body?: unknown): AnyObject | undefined {
    const call = { verb, resource: groupResource(reference.type), name: reference.name, body };
    this.calls.push(call);
    return this.intercept(call);
  }

  #present({ type, namespace, name }: ObjectReference): AnyObject {
    const object = this.#table(groupResource(type)).get(namespace ? `${namespace}/${name}` : name);
    if (object) return object;
    throw this.#failure(404, 'NotFound', `${groupResource(type)} "${name}" not found`);
  }

  #table(resource: string): Map<string, AnyObject> {
    let table = this.#objects.get(resource);
    if (!table) {
      table = new Map();
      this.#objects.set(resource, table);
    }
    return table;
  }

  #tell(resource: string, event: WatchEvent): void {
    for (const watcher of this.#watchers) {
      if (watcher.resource !== resource) continue;
      watcher.queue.push(event);
      watcher.wake();
    }
  }

  #failure(code: number, reason: string, message: string): ApiFault {
    return new ApiFault({ status: 'Failure', code, reason, message });
  }
}
