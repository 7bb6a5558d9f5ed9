// A de-duplicating queue of keys with back-off per key: what a level-triggered controller takes its work from.
// Source of the semantics: client-go's workqueue (a key added while it is being worked on runs once more afterwards).

import { Backoff } from './backoff.ts';
import type { Clock, TimerHandle } from './clock.ts';

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly retryInitialMs?: number;
  readonly retryMaxMs?: number;
}

export class WorkQueue<Key extends string> {
  readonly #clock: Clock;
  readonly #retry: { initialMs: number; maxMs: number };
  readonly #ready = new Set<Key>();
  readonly #active = new Set<Key>();
  readonly #dirty = new Set<Key>();
  readonly #failures = new Map<Key, Backoff>();
  readonly #delayed = new Map<Key, { dueMs: number; timer: TimerHandle }>();
  readonly #waiters: Array<(key: Key | undefined) => void> = [];
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#retry = { initialMs: options.retryInitialMs ?? 5, maxMs: options.retryMaxMs ?? 60_000 };
  }

  get length(): number {
    return this.#ready.size;
  }

  add(key: Key): void {
    if (this.#closed) return;
    if (this.#active.has(key)) {
      this.#dirty.add(key);
      return;
    }
    const waiter = this.#waiters.shift();
    if (waiter) {
      this.#active.add(key);
      waiter(key);
      return;
    }
    this.#ready.add(key);
  }

  /** Adds the key after a delay; of several pending delays for one key the earliest wins. */
  addAfter(key: Key, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#clock.monotonic() + delayMs;
    const pending = this.#delayed.get(key);
    if (pending && pending.dueMs <= dueMs) return;
    pending?.timer.cancel();
    const timer = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, timer });
  }

  /** The next key, or undefined once the queue is closed; the caller owes `done(key)`. */
  take(): Promise<Key | undefined> {
    const key = this.#ready.values().next().value;
    if (key !== undefined) {
      this.#ready.delete(key);
      this.#active.add(key);
      return Promise.resolve(key);
    }
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  done(key: Key): void {
    this.#active.delete(key);
    if (this.#dirty.delete(key)) this.add(key);
  }

  /** Forgets the key's failures: its next retry starts from the shortest delay. */
  succeeded(key: Key): void {
    this.#failures.delete(key);
  }

  retry(key: Key): void {
    const backoff = this.#failures.get(key) ?? new Backoff(this.#retry);
    this.#failures.set(key, backoff);
    this.addAfter(key, backoff.next());
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    for (const waiter of this.#waiters.splice(0)) waiter(undefined);
  }
}

export interface WorkerOptions<Key extends string> {
  readonly queue: WorkQueue<Key>;
  readonly concurrency: number;
  /** Resolves with a delay in milliseconds to look at the key again, or with nothing. */
  readonly reconcile: (key: Key) => Promise<number | undefined>;
  readonly onError: (key: Key, error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Works the queue until the signal aborts; resolves when the last reconcile in hand has ended. */
export async function runWorkers<Key extends string>(options: WorkerOptions<Key>): Promise<void> {
  const { queue, signal } = options;
  const close = () => queue.close();
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  await Promise.all(Array.from({ length: options.concurrency }, () => workOne(options)));
  signal.removeEventListener('abort', close);
}

async function workOne<Key extends string>({ queue, reconcile, onError }: WorkerOptions<Key>): Promise<void> {
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    try {
      const againMs = await reconcile(key);
      queue.succeeded(key);
      if (againMs !== undefined) queue.addAfter(key, againMs);
    } catch (error) {
      onError(key, error);
      queue.retry(key);
    } finally {
      queue.done(key);
    }
  }
}
