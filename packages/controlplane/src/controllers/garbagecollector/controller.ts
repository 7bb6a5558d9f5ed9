// The garbage collector: deletes what its owners have left behind, in the order that deletions ask for.

import { describeError, sleep, type WorkQueue } from '@selvedge/base';
import { isApiFault } from '@selvedge/client';
import {
  apiVersionOf,
  groupResource,
  type OwnerReference,
  type ResourceType,
  resources,
} from '@selvedge/kubernetes';
import { type ControllerContext, runController, unlessGone } from '../machinery/controller.ts';
import { discoverTypes } from '../machinery/discovery.ts';
import {
  type CollectorAction,
  decideCollection,
  isWaiting,
  type OwnerState,
  orphanFinalizer,
} from './decide.ts';
import type { ObjectRecord } from './object-record.ts';
import { isCollectable, recordKey, type View, viewOf } from './views.ts';

/** Types come and go: what is there is asked again this often, and so soon after a definition of one has changed. */
const rediscoverMs = 30_000;
const definitionSettleMs = 1_000;
const maxRemembered = 10_000;
/** How long the first collection waits for views that do not fill. */
const syncPatienceMs = 30_000;

export async function runGarbageCollector(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const collector = new GarbageCollector(context, signal);
  await collector.run();
}

class GarbageCollector {
  readonly #context: ControllerContext;
  readonly #signal: AbortSignal;
  /** By group and resource: `deployments.apps`. */
  readonly #views = new Map<string, { view: View; stop: () => void }>();
  /** uids that are known to be gone: their dependents need not ask the server one by one. */
  readonly #absent = new Set<string>();
  /** Keys of objects with an owner of a kind that was not known when they were looked at. */
  readonly #unresolved = new Set<string>();
  #queue: WorkQueue<string> | undefined;
  #definitionsChanged = new AbortController();

  constructor(context: ControllerContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    await runController({
      name: 'garbagecollector',
      context: this.#context,
      signal: this.#signal,
      concurrency: 20,
      reconcile: (key) => this.#reconcile(key),
      follow: (queue) => {
        this.#queue = queue;
        void this.#keepDiscovering();
        return [() => this.#stopAll()];
      },
    });
  }

  async #keepDiscovering(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#discover();
      } catch (error) {
        if (this.#signal.aborted) return;
        this.#context.logger.warn('discovery for garbage collection failed', { error: describeError(error) });
      }
      const { signal: changed } = this.#definitionsChanged;
      await sleep(this.#context.clock, rediscoverMs, AbortSignal.any([this.#signal, changed]));
      if (!changed.aborted) continue;
      this.#definitionsChanged = new AbortController();
      await sleep(this.#context.clock, definitionSettleMs, this.#signal);
    }
  }

  async #discover(): Promise<void> {
    const { types, failures } = await discoverTypes(this.#context.client);
    const wanted = new Map(types.filter(isCollectable).map((type) => [groupResource(type), type]));
    const fresh: View[] = [];
    for (const [key, type] of wanted) {
      if (this.#views.has(key)) continue;
      const stop = new AbortController();
      const end = () => stop.abort();
      this.#signal.addEventListener('abort', end, { once: true });
      const view = viewOf(this.#context, type, stop.signal);
      this.#views.set(key, { view, stop: end });
      fresh.push(view);
    }
    // A group that could not be asked about keeps its views.
    for (const [key, { stop }] of this.#views) {
      if (wanted.has(key) || failures.length > 0) continue;
      stop();
      this.#views.delete(key);
    }
    const patience = new AbortController();
    await Promise.race([
      Promise.all(fresh.map((view) => view.synced)),
      sleep(this.#context.clock, syncPatienceMs, AbortSignal.any([this.#signal, patience.signal])),
    ]);
    patience.abort();
    for (const view of fresh) this.#follow(view);
    if (fresh.length === 0) return;
    for (const key of this.#unresolved) this.#queue?.add(key);
    this.#unresolved.clear();
  }

  #follow(view: View): void {
    const entry = this.#views.get(groupResource(view.type));
    if (!entry || this.#signal.aborted) return;
    const end = view.subscribe({
      changed: (object, old) => this.#changed(object, old),
      deleted: (object) => this.#deleted(object),
    });
    const { stop } = entry;
    entry.stop = () => {
      end();
      stop();
    };
  }

  #changed(object: ObjectRecord, old: ObjectRecord | undefined): void {
    this.#noteDefinition(object);
    const ending = object.deleting && object.finalizers.length > 0;
    if ((object.owners.length > 0 && object.owners !== old?.owners) || ending) this.#add(object);
    if (isWaiting(object) && !(old && isWaiting(old)))
      for (const one of this.#dependents(object.uid)) this.#add(one);
  }

  #deleted(object: ObjectRecord): void {
    this.#noteDefinition(object);
    remember(this.#absent, object.uid);
    for (const dependent of this.#dependents(object.uid)) this.#add(dependent);
    for (const reference of object.owners) {
      const owner = this.#find(reference, object.namespace);
      if (owner && isWaiting(owner)) this.#add(owner);
    }
  }

  #noteDefinition({ type }: ObjectRecord): void {
    if (groupResource(type) === groupResource(resources.customresourcedefinitions))
      this.#definitionsChanged.abort();
  }

  #add(object: ObjectRecord): void {
    this.#queue?.add(keyOf(object));
  }

  async #reconcile(key: string): Promise<undefined> {
    const bar = key.indexOf('|');
    const object = this.#views.get(key.slice(0, bar))?.view.get(key.slice(bar + 1));
    if (!object) return undefined;
    const owners = object.deleting ? [] : await this.#stateOfOwners(object);
    await this.#perform(
      object,
      decideCollection(object, { owners, dependents: this.#dependents(object.uid) }),
    );
    return undefined;
  }

  async #stateOfOwners(object: ObjectRecord) {
    return Promise.all(
      object.owners.map(async (reference) => ({ reference, state: await this.#stateOf(reference, object) })),
    );
  }

  /** An owner that our view does not show is asked for, once: a view may be behind, a deletion cannot be undone. */
  async #stateOf(reference: OwnerReference, object: ObjectRecord): Promise<OwnerState> {
    const known = this.#find(reference, object.namespace);
    if (known) return isWaiting(known) ? 'waiting' : 'present';
    if (this.#absent.has(reference.uid)) return 'absent';
    const view = this.#viewFor(reference);
    if (view?.type.namespaced && object.namespace === '') return 'present';
    const present = view ? await this.#isPresent(reference, view.type, object.namespace) : undefined;
    if (present) return 'present';
    // A kind that nobody serves: nothing can be said of it, so the object stays until somebody does.
    if (present === undefined) {
      remember(this.#unresolved, keyOf(object));
      return 'present';
    }
    remember(this.#absent, reference.uid);
    return 'absent';
  }

  /** Undefined where the server does not know the owner's kind in the version that the reference names. */
  async #isPresent(
    { apiVersion, name, uid }: OwnerReference,
    known: ResourceType,
    namespace: string,
  ): Promise<boolean | undefined> {
    const type = { ...known, version: apiVersion.slice(apiVersion.indexOf('/') + 1) };
    try {
      const place = type.namespaced ? { namespace } : {};
      const live = await this.#context.client.get({ type, ...place, name });
      return live.metadata.uid === uid;
    } catch (error) {
      if (!isApiFault(error, 'NotFound')) throw error;
      // The server names an object that it misses; where it names none it is the kind that is missing.
      return error.status.details?.name === name ? false : undefined;
    }
  }

  async #perform(object: ObjectRecord, action: CollectorAction): Promise<void> {
    const { client } = this.#context;
    switch (action.kind) {
      case 'none':
        return;
      case 'wait-for':
        for (const dependent of action.dependents) if (!dependent.deleting) this.#add(dependent);
        return;
      case 'delete':
        await unlessGone(
          client.delete(referenceTo(object), {
            preconditions: { uid: object.uid },
            propagationPolicy: action.propagationPolicy,
          }),
        );
        return;
      case 'set-owners':
        await this.#patchMetadata(object, { ownerReferences: action.owners });
        return;
      case 'remove-finalizer':
        await this.#removeFinalizer(object, action.finalizer);
        return;
      case 'release-dependents':
        await Promise.all(
          action.dependents.map((dependent) =>
            this.#patchMetadata(dependent, {
              ownerReferences: dependent.owners.filter((owner) => owner.uid !== object.uid),
            }),
          ),
        );
        await this.#removeFinalizer(object, orphanFinalizer);
        return;
    }
  }

  #removeFinalizer(object: ObjectRecord, finalizer: string): Promise<unknown> {
    return this.#patchMetadata(object, { finalizers: object.finalizers.filter((one) => one !== finalizer) });
  }

  #patchMetadata(object: ObjectRecord, metadata: object): Promise<unknown> {
    const { uid, resourceVersion } = object;
    const patch = { metadata: { uid, resourceVersion, ...metadata } };
    return unlessGone(this.#context.client.patch(referenceTo(object), 'merge', patch));
  }

  #find(reference: OwnerReference, namespace: string): ObjectRecord | undefined {
    const view = this.#viewFor(reference);
    const key = view?.type.namespaced ? `${namespace}/${reference.name}` : reference.name;
    const found = view?.get(key);
    return found?.uid === reference.uid ? found : undefined;
  }

  /** By group and kind, whatever the version: an owner may be named by another version than the one followed. */
  #viewFor(reference: OwnerReference): View | undefined {
    const group = groupOf(reference.apiVersion);
    for (const { view } of this.#views.values()) {
      if (view.type.kind === reference.kind && groupOf(apiVersionOf(view.type)) === group) return view;
    }
    return undefined;
  }

  #dependents(uid: string): ObjectRecord[] {
    const dependents: ObjectRecord[] = [];
    for (const { view } of this.#views.values()) dependents.push(...view.byOwner(uid));
    return dependents;
  }

  #stopAll(): void {
    for (const { stop } of this.#views.values()) stop();
    this.#views.clear();
  }
}

/** Where the object is found again: its type's view, and its key there. */
function keyOf(object: ObjectRecord): string {
  return `${groupResource(object.type)}|${recordKey(object)}`;
}

function remember(set: Set<string>, value: string): void {
  set.add(value);
  const oldest = set.values().next().value;
  if (set.size > maxRemembered && oldest !== undefined) set.delete(oldest);
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

function referenceTo(object: ObjectRecord) {
  const { type, namespace, name } = object;
  return { type, name, ...(namespace === '' ? {} : { namespace }) };
}
