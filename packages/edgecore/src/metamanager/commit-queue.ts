// Group commit: writes that arrive together share one durable transaction, and what waits for one runs after it.

import { type Clock, describeError, isFault, type Logger, type TimerHandle } from '@selvedge/base';
import type { Database } from './database.ts';

export interface Write {
  /** Of several waiting writes with one key only the newest is done. */
  readonly key?: string;
  /** What the write reads and changes: two writes of one object never share a transaction, so each sees the one before. */
  readonly object?: string;
  /** Runs inside the transaction; what it returns runs once that is on disk, and makes the write visible. */
  readonly apply: () => (() => void) | undefined;
  /** Runs after the commit: the place for acknowledgements. */
  readonly committed?: () => void;
  /** Runs when the write failed and is given up. Without it, the write is tried again until it succeeds. */
  readonly failed?: (error: unknown) => void;
}

export interface CommitQueueOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a write that nobody waits for may wait for company. */
  readonly lazyDelayMs: number;
  readonly retryDelayMs: number;
  readonly onFatal: (error: unknown) => void;
  /** A transaction was undone: what was read inside it must be forgotten. */
  readonly onRollback: () => void;
}

export class CommitQueue implements Disposable {
  readonly #options: CommitQueueOptions;
  #writes: Write[] = [];
  #timer: TimerHandle | undefined;
  #microtask = false;
  #failing = false;
  #lastError: unknown;
  #closed = false;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  /** Commits with everything else that is queued before the current task's microtasks end. */
  soon(write: Write): void {
    if (this.#closed) return;
    if (write.object !== undefined && this.#writes.some(({ object }) => object === write.object))
      this.flush();
    this.#add(write);
    if (this.#microtask) return;
    this.#microtask = true;
    queueMicrotask(() => this.flush());
  }

  /** Commits together with the next urgent write, or a moment later. */
  lazily(write: Write): void {
    if (this.#closed) return;
    this.#add(write);
    if (!this.#microtask) this.#schedule(this.#options.lazyDelayMs);
  }

  /** Commits soon; rejects when that failed. */
  done(apply: Write['apply']): Promise<void> {
    return new Promise((committed, failed) => this.soon({ apply, committed, failed }));
  }

  flush(): void {
    this.#microtask = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    const writes = this.#writes;
    this.#writes = [];
    if (writes.length === 0 || this.#commit(writes)) return;
    // What needs no room, a delete for one, may still succeed alone.
    const failed = writes.length > 1 ? writes.filter((write) => !this.#commit([write])) : writes;
    this.#giveUpOrKeep(failed);
  }

  [Symbol.dispose](): void {
    this.flush();
    this.#closed = true;
    this.#timer?.cancel();
  }

  #add(write: Write): void {
    if (write.key !== undefined) this.#writes = this.#writes.filter(({ key }) => key !== write.key);
    this.#writes.push(write);
  }

  /** Whether the writes are on disk; then everything that waited for that has run. */
  #commit(writes: Write[]): boolean {
    const visible: Array<() => void> = [];
    try {
      this.#options.database.transaction(() => {
        for (const write of writes) {
          const after = write.apply();
          if (after) visible.push(after);
        }
      });
    } catch (error) {
      this.#options.onRollback();
      this.#onFailure(error);
      return false;
    }
    if (this.#failing) this.#options.logger.info('store writes again');
    this.#failing = false;
    for (const after of visible) after();
    for (const write of writes) write.committed?.();
    return true;
  }

  #onFailure(error: unknown): void {
    if (!isFault(error)) throw error;
    if (!error.retryable) this.#options.onFatal(error);
    if (!this.#failing)
      this.#options.logger.error('store can not be written', {
        error: describeError(error),
        hint: error.hint,
      });
    this.#failing = true;
    this.#lastError = error;
  }

  #giveUpOrKeep(writes: Write[]): void {
    const newer = new Set(this.#writes.map(({ key }) => key));
    const kept = writes.filter(({ failed, key }) => !failed && (key === undefined || !newer.has(key)));
    this.#writes = [...kept, ...this.#writes];
    if (this.#writes.length > 0 && !this.#closed) this.#schedule(this.#options.retryDelayMs);
    for (const write of writes) write.failed?.(this.#lastError);
  }

  #schedule(delayMs: number): void {
    this.#timer ??= this.#options.clock.after(delayMs, () => this.flush());
  }
}
