// What each node should have: its pods and what they refer to, as compact records; and the way back, from an object to the nodes that use it.

import type { KubeObject, Pod, Stored } from '@selvedge/kubernetes';
import { fingerprint } from '@selvedge/wire';
import { defaultTolerations } from '../nodelifecycle/offline-tolerations.ts';
import { podReferences, type ResourceKey, resourceKey } from './pod-references.ts';

/** What tells versions of one object apart; the object itself is not kept. */
export interface ObjectVersion {
  readonly uid: string;
  readonly resourceVersion: string;
  /** Equal for versions that differ in status alone: a fingerprint as a number, which takes no memory of its own. */
  readonly fingerprint: number;
}

export interface PodRecord extends ObjectVersion {
  /** Empty for a pod that is not scheduled. */
  readonly node: string;
  readonly serviceAccount: string;
  /** The pod would be evicted from a node that is unreachable for some minutes, because nobody said otherwise. */
  readonly leavesByDefault: boolean;
  /** What the pod needs on its node; the namespace's services among it, as `<namespace>/service`. */
  readonly references: readonly ResourceKey[];
}

export interface NodeRecord {
  readonly name: string;
  readonly node: ObjectVersion | undefined;
  /** By `namespace/name`. */
  readonly pods: ReadonlyMap<string, PodRecord>;
  /** How many of the node's pods refer to an object. */
  readonly references: ReadonlyMap<ResourceKey, number>;
}

/** Objects that the node did not need before a change, and those that it needs no more. */
export interface ReferenceChange {
  readonly added: readonly ResourceKey[];
  readonly removed: readonly ResourceKey[];
}

interface Entry extends NodeRecord {
  node: ObjectVersion | undefined;
  readonly pods: Map<string, PodRecord>;
  readonly references: Map<ResourceKey, number>;
}

export function versionOf(object: Stored<KubeObject>): ObjectVersion {
  const { uid, resourceVersion } = object.metadata;
  return { uid, resourceVersion, fingerprint: fingerprintNumber(fingerprint(object)) };
}

/** A fingerprint has 48 bits: a number holds it exactly. */
export function fingerprintNumber(text: string): number {
  return Number.parseInt(text, 16);
}

/** The reference that stands for all services of a namespace: pods see them in their environment and by name. */
export function servicesKey(namespace: string): ResourceKey {
  return `${namespace}/service`;
}

const maxSharedLists = 10_000;
const apiServerService = resourceKey('default', 'service', 'kubernetes');

export class NodeIndex {
  readonly #entries = new Map<string, Entry>();
  readonly #users = new Map<ResourceKey, Set<Entry>>();
  /** One string per referenced object, shared by all pods that refer to it. */
  readonly #interned = new Map<ResourceKey, ResourceKey>();
  readonly #lists = new Map<string, readonly ResourceKey[]>();

  get(node: string): NodeRecord | undefined {
    return this.#entries.get(node);
  }

  nodes(): Iterable<NodeRecord> {
    return this.#entries.values();
  }

  /** The names of the nodes with a pod that refers to the object. */
  *usersOf(key: ResourceKey): Generator<string> {
    for (const entry of this.#users.get(key) ?? []) yield entry.name;
  }

  refers(node: string, key: ResourceKey): boolean {
    return this.#entries.get(node)?.references.has(key) ?? false;
  }

  pod(node: string, namespace: string, name: string): PodRecord | undefined {
    return this.#entries.get(node)?.pods.get(`${namespace}/${name}`);
  }

  setNode(name: string, version: ObjectVersion): void {
    this.#entry(name).node = version;
  }

  removeNode(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    entry.node = undefined;
    this.#dropIfEmpty(entry);
  }

  /** What is kept of a pod. */
  podRecord(pod: Stored<Pod>): PodRecord {
    const node = pod.spec?.nodeName;
    const references = node ? podReferences(pod) : [];
    if (node) references.push(servicesKey(pod.metadata.namespace ?? ''), apiServerService);
    const { uid, resourceVersion } = pod.metadata;
    return {
      uid,
      resourceVersion,
      fingerprint: fingerprintNumber(fingerprint(pod as Stored<KubeObject>)),
      node: node ? this.#intern(node) : '',
      serviceAccount: this.#intern(pod.spec?.serviceAccountName ?? 'default'),
      leavesByDefault: defaultTolerations(pod).length > 0,
      references: this.#sharedList(references),
    };
  }

  /** Pods of one template share one list. */
  #sharedList(references: readonly ResourceKey[]): readonly ResourceKey[] {
    const text = references.join('\n');
    const known = this.#lists.get(text);
    if (known) return known;
    // Forgetting costs sharing, nothing else.
    if (this.#lists.size >= maxSharedLists) this.#lists.clear();
    const list = references.map((key) => this.#intern(key));
    this.#lists.set(text, list);
    return list;
  }

  /** Takes in a pod's newest record; `before` is the one that it replaces on the same node. */
  setPod(key: string, record: PodRecord, before?: PodRecord): ReferenceChange {
    const entry = this.#entry(record.node);
    entry.pods.set(key, record);
    const added = this.#addReferences(entry, record.references);
    const removed = before ? this.#removeReferences(entry, before.references) : [];
    return { added, removed };
  }

  removePod(key: string, record: PodRecord): ReferenceChange {
    const entry = this.#entries.get(record.node);
    if (!entry?.pods.delete(key)) return { added: [], removed: [] };
    const removed = this.#removeReferences(entry, record.references);
    this.#dropIfEmpty(entry);
    return { added: [], removed };
  }

  #addReferences(entry: Entry, keys: readonly ResourceKey[]): ResourceKey[] {
    const added: ResourceKey[] = [];
    for (const key of keys) {
      const count = entry.references.get(key) ?? 0;
      entry.references.set(key, count + 1);
      if (count > 0) continue;
      added.push(key);
      const users = this.#users.get(key);
      if (users) users.add(entry);
      else this.#users.set(key, new Set([entry]));
    }
    return added;
  }

  #removeReferences(entry: Entry, keys: readonly ResourceKey[]): ResourceKey[] {
    const removed: ResourceKey[] = [];
    for (const key of keys) {
      const count = entry.references.get(key) ?? 0;
      if (count > 1) {
        entry.references.set(key, count - 1);
        continue;
      }
      entry.references.delete(key);
      removed.push(key);
      const users = this.#users.get(key);
      users?.delete(entry);
      if (users?.size === 0) {
        this.#users.delete(key);
        this.#interned.delete(key);
      }
    }
    return removed;
  }

  #entry(name: string): Entry {
    const existing = this.#entries.get(name);
    if (existing) return existing;
    const entry: Entry = { name, node: undefined, pods: new Map(), references: new Map() };
    this.#entries.set(name, entry);
    return entry;
  }

  #dropIfEmpty(entry: Entry): void {
    if (!entry.node && entry.pods.size === 0) this.#entries.delete(entry.name);
  }

  #intern(text: string): string {
    const known = this.#interned.get(text);
    if (known !== undefined) return known;
    this.#interned.set(text, text);
    return text;
  }
}
