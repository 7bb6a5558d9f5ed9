// Holds a worker for each pod that the node should have or still has, and tells each when to look again.

import { describeError, type TimerHandle } from '@selvedge/base';
import type { StoreChange } from '../../metamanager/node-store.ts';
import type { EdgedContext } from '../edged-context.ts';
import { orphanPod } from './orphan-pod.ts';
import { type EdgePod, namespaceOf, specOf } from './pod-spec.ts';
import { isTerminal } from './pod-status.ts';
import { PodWorker } from './pod-worker.ts';

/** How often a new store is asked whether the cloud has told it everything. */
const synchronizedPollMs = 2_000;
/** When a directory that could not be removed is tried again. */
const sweepRetryMs = 60_000;

export class PodManager implements AsyncDisposable {
  readonly #context: EdgedContext;
  readonly #workers = new Map<string, PodWorker>();
  #subscription: Disposable | undefined;
  #timer: TimerHandle | undefined;
  #stopped = false;

  constructor(context: EdgedContext) {
    this.#context = context;
  }

  /** Call it when the runtime has been listed: what is not wanted any more goes. */
  async start(): Promise<void> {
    if (this.#stopped) return;
    this.#subscription = this.#context.store.subscribe((change) => this.#storeChanged(change));
    for (const pod of this.#context.store.pods()) this.#want(pod);
    await this.#sweep();
  }

  /** What is on the node and not wanted any more goes, as soon as the store can say so. */
  async #sweep(): Promise<void> {
    const { store, cache, volumes } = this.#context;
    if (!store.synchronized) {
      this.#sweepAfter(synchronizedPollMs);
      return;
    }
    for (const { uid } of cache.pods()) this.runtimeChanged(uid);
    let kept = 0;
    for (const uid of await volumes.podsOnDisk()) {
      if (this.#stopped) return;
      if (!this.#workers.has(uid) && !(await this.#removeDirectory(uid))) kept++;
    }
    if (kept > 0) this.#sweepAfter(sweepRetryMs);
  }

  #sweepAfter(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#context.clock.after(delayMs, () => void this.#sweep());
  }

  async #removeDirectory(uid: string): Promise<boolean> {
    const { volumes, logger } = this.#context;
    try {
      await volumes.unmount(uid);
      return true;
    } catch (error) {
      logger.warn('pod-directory-kept', { uid, error: describeError(error), retryMs: sweepRetryMs });
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#subscription?.[Symbol.dispose]();
    this.#timer?.cancel();
    await Promise.all([...this.#workers.values()].map((worker) => worker[Symbol.asyncDispose]()));
    this.#workers.clear();
  }

  /** Something about this pod's containers, sandboxes or probes has changed. */
  runtimeChanged(uid: string): void {
    if (!this.#subscription) return;
    const worker = this.#workers.get(uid);
    worker?.poke();
    const state = this.#context.cache.pod(uid);
    if (worker || !state || !this.#context.store.synchronized) return;
    const orphan = this.#add(orphanPod(state));
    this.#context.logger.info('orphaned-pod-found', { pod: state.name, namespace: state.namespace, uid });
    orphan.orphan();
  }

  pokeAll(): void {
    for (const worker of this.#workers.values()) worker.poke();
  }

  #storeChanged({ type, namespace, name }: StoreChange): void {
    const { store } = this.#context;
    if (type === 'configmap' || type === 'secret') this.#retryStarts(namespace);
    if (type !== 'pod') return;
    const wanted = store.pod(namespace, name);
    for (const worker of this.#workers.values()) {
      const { metadata } = worker.pod;
      if (metadata.name !== name || (metadata.namespace ?? 'default') !== namespace) continue;
      if (metadata.uid !== wanted?.metadata.uid) worker.orphan();
    }
    if (wanted) this.#want(wanted);
  }

  /** What a pod of this namespace waits for may be there now. */
  #retryStarts(namespace: string): void {
    for (const worker of this.#workers.values()) {
      if (namespaceOf(worker.pod) === namespace) worker.retryStart();
    }
  }

  #want(pod: EdgePod): void {
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker) worker.update(pod);
    else this.#add(pod).poke();
  }

  #add(pod: EdgePod): PodWorker {
    const { uid } = pod.metadata;
    const worker: PodWorker = new PodWorker({
      context: this.#context,
      pod,
      others: () => this.#active(uid),
      onGone: () => this.#gone(worker),
    });
    this.#workers.set(uid, worker);
    return worker;
  }

  /** What was taken away because nobody wanted it may be wanted again by now: the store told of that once. */
  #gone({ pod, isOrphan }: PodWorker): void {
    const { name, uid } = pod.metadata;
    this.#workers.delete(uid);
    const wanted = isOrphan && this.#context.store.pod(namespaceOf(pod), name);
    if (wanted && wanted.metadata.uid === uid) this.#want(wanted);
  }

  #active(without: string): EdgePod[] {
    const { store } = this.#context;
    const taken = [...this.#workers.values()].map((worker) => worker.pod);
    return taken.filter((pod) => {
      const status = store.podStatus(pod.metadata.namespace ?? 'default', pod.metadata.name);
      const known = status?.uid === pod.metadata.uid;
      return (
        pod.metadata.uid !== without &&
        known &&
        !isTerminal(status.status) &&
        specOf(pod).containers.length > 0
      );
    });
  }
}
