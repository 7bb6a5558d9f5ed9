// Pods that wait for a node: ready ones by priority and age, failed ones until their back-off is over and something has changed.
// Pure: the caller tells the time and asks when to look again.

export interface SchedulingQueueOptions {
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A failed pod is tried again after so long even when nothing seems to have changed. */
  readonly maxUnschedulableMs: number;
}

export const schedulingQueueDefaults: SchedulingQueueOptions = {
  initialBackoffMs: 1_000,
  maxBackoffMs: 10_000,
  maxUnschedulableMs: 300_000,
};

export interface FailedAttempt {
  readonly priority: number;
  readonly nowMs: number;
  /** It is worth another try as soon as the back-off allows: its binding failed, not its placement. */
  readonly moved: boolean;
  /** Whether it may fit once other pods are placed: it asks to be near some of them, or to be spread with them. */
  readonly followsPods: boolean;
}

interface Failed {
  readonly priority: number;
  readonly attempts: number;
  readonly failedMs: number;
  /** Something has changed since: it goes back as soon as its back-off is over. */
  moved: boolean;
}

export class SchedulingQueue {
  readonly #options: SchedulingQueueOptions;
  /** Ready keys in order of arrival, by priority. */
  readonly #ready = new Map<number, Set<string>>();
  #priorities: number[] = [];
  readonly #failed = new Map<string, Failed>();
  readonly #attempts = new Map<string, number>();
  /** Failed pods that wait for a change, and those of them that wait for company: a mass of changes must cost little. */
  readonly #waiting = new Set<string>();
  readonly #followers = new Set<string>();

  constructor(options: SchedulingQueueOptions = schedulingQueueDefaults) {
    this.#options = options;
  }

  get readyCount(): number {
    let count = 0;
    for (const keys of this.#ready.values()) count += keys.size;
    return count;
  }

  add(key: string, priority: number): void {
    if (this.#failed.has(key)) return;
    let keys = this.#ready.get(priority);
    if (!keys) {
      keys = new Set();
      this.#ready.set(priority, keys);
      this.#priorities = [...this.#ready.keys()].sort((left, right) => right - left);
    }
    keys.add(key);
  }

  take(): string | undefined {
    for (const priority of this.#priorities) {
      const keys = this.#ready.get(priority);
      const key = keys?.values().next().value;
      if (key === undefined) continue;
      keys?.delete(key);
      return key;
    }
    return undefined;
  }

  /** The pod found no node, or could not be bound. */
  failed(key: string, { priority, nowMs, moved, followsPods }: FailedAttempt): void {
    const attempts = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempts);
    this.#failed.set(key, { priority, attempts, failedMs: nowMs, moved });
    if (moved) return;
    this.#waiting.add(key);
    if (followsPods) this.#followers.add(key);
  }

  /** The pod itself has changed, or is placed or gone: what is known of it counts no more. */
  forget(key: string): void {
    this.#drop(key);
    this.#attempts.delete(key);
    for (const keys of this.#ready.values()) keys.delete(key);
  }

  /** The cluster has changed so that pods that failed may fit. */
  moveAll(): void {
    this.#move(this.#waiting);
  }

  /** A pod was placed, or changed its labels: those that ask for the company of others may fit. */
  moveFollowers(): void {
    this.#move(this.#followers);
  }

  /** Makes ready what is due; returns in how many milliseconds the next one falls due, or undefined. */
  flush(nowMs: number): number | undefined {
    let nextMs: number | undefined;
    for (const [key, failed] of this.#failed) {
      const waitMs = this.#dueMs(failed) - nowMs;
      if (waitMs <= 0) {
        this.#drop(key);
        this.add(key, failed.priority);
      } else if (nextMs === undefined || waitMs < nextMs) nextMs = waitMs;
    }
    return nextMs;
  }

  #move(keys: ReadonlySet<string>): void {
    for (const key of keys) {
      const failed = this.#failed.get(key);
      if (failed) failed.moved = true;
      this.#waiting.delete(key);
      this.#followers.delete(key);
    }
  }

  #drop(key: string): void {
    this.#failed.delete(key);
    this.#waiting.delete(key);
    this.#followers.delete(key);
  }

  #dueMs(failed: Failed): number {
    const { initialBackoffMs, maxBackoffMs, maxUnschedulableMs } = this.#options;
    const backoffMs = Math.min(maxBackoffMs, initialBackoffMs * 2 ** (failed.attempts - 1));
    return failed.failedMs + (failed.moved ? backoffMs : maxUnschedulableMs);
  }
}
