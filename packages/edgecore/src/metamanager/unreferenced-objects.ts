// Lets go of ConfigMaps and Secrets that no pod of the node reads any more: kept, they would grow stale, and Secrets must not
// lie about.

import type { TimerHandle } from '@selvedge/base';
import type { KubeObject, Pod } from '@selvedge/kubernetes';
import type { MetaContext } from './meta-context.ts';
import { type ObjectKey, wireResource } from './object-key.ts';
import { referencedObjects } from './referenced-objects.ts';

export interface UnreferencedObjectsOptions {
  readonly context: MetaContext;
  /** Nothing that the cloud has compared is still under way: pods that are not here do not come a moment later. */
  readonly isSettled: () => boolean;
  /** Removes within the caller's transaction; what it returns makes that visible. */
  readonly remove: (key: ObjectKey) => (() => void) | undefined;
}

/** A pod is often replaced by one that reads the same, and the two changes come one after the other. */
const delayMs = 1_000;

export class UnreferencedObjects implements Disposable {
  readonly #options: UnreferencedObjectsOptions;
  /** Wire resources that a pod has read and does no more. */
  readonly #released = new Set<string>();
  #timer: TimerHandle | undefined;

  constructor(options: UnreferencedObjectsOptions) {
    this.#options = options;
  }

  /** Call it when the change of the pod is on disk. */
  release(before: Pod, after: Pod | undefined): void {
    const still = after ? referencedObjects(after) : new Set();
    for (const resource of referencedObjects(before)) {
      if (!still.has(resource)) this.#released.add(resource);
    }
    this.schedule();
  }

  schedule(): void {
    if (this.#released.size === 0 || !this.#options.isSettled()) return;
    this.#timer ??= this.#options.context.clock.after(delayMs, () => this.#collect());
  }

  [Symbol.dispose](): void {
    if (this.#timer) this.#collect();
  }

  #collect(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!this.#options.isSettled()) return;
    const { commits } = this.#options.context;
    // In a transaction of its own, after all that is queued: what is decided here must see every pod that has come.
    commits.flush();
    commits.soon({ apply: () => this.#removeUnread(), failed: () => this.schedule() });
    commits.flush();
  }

  #removeUnread(): () => void {
    const { context, remove } = this.#options;
    const unread = new Set(this.#released);
    for (const pod of context.objects.list<Pod & KubeObject>('pod')) {
      for (const resource of referencedObjects(pod)) unread.delete(resource);
    }
    const removed = context.objects
      .entries()
      .filter(({ key }) => unread.has(wireResource(key)))
      .map(({ key }) => remove(key));
    return () => {
      this.#released.clear();
      for (const show of removed) show?.();
    };
  }
}
