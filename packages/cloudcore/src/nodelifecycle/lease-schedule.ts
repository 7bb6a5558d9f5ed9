// When each connected node's lease is due: one queue for the whole fleet, at an interval that follows its size. Pure.

export interface LeaseScheduleOptions {
  readonly minIntervalMs: number;
  /** Less than half of what the node lifecycle controller waits (40 s), so that one failure is no outage. */
  readonly maxIntervalMs: number;
  /** Renewals in a second that the API server is asked for at most, while the interval allows it. */
  readonly renewalsPerSecond: number;
}

export class LeaseSchedule {
  readonly #options: LeaseScheduleOptions;
  /** Due times by node, soonest first but for changes of the interval. */
  readonly #due = new Map<string, number>();
  /** Just connected: due at once, before all others. */
  readonly #fresh = new Set<string>();

  constructor(options: LeaseScheduleOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#due.size + this.#fresh.size;
  }

  /** The time between two renewals of one node at the present size of the fleet. */
  get intervalMs(): number {
    const { minIntervalMs, maxIntervalMs, renewalsPerSecond } = this.#options;
    const spreadMs = (this.size / renewalsPerSecond) * 1_000;
    return Math.min(maxIntervalMs, Math.max(minIntervalMs, spreadMs));
  }

  add(node: string): void {
    this.#due.delete(node);
    this.#fresh.add(node);
  }

  remove(node: string): void {
    this.#due.delete(node);
    this.#fresh.delete(node);
  }

  /** Takes up to `max` nodes that are due; each comes back after an interval unless removed. */
  take(nowMs: number, max: number): string[] {
    const intervalMs = this.intervalMs;
    const taken = [...this.#fresh.values().take(Math.max(0, max))];
    for (const [node, dueMs] of this.#due) {
      if (dueMs > nowMs || taken.length >= max) break;
      taken.push(node);
    }
    for (const node of taken) {
      this.remove(node);
      this.#due.set(node, nowMs + intervalMs);
    }
    return taken;
  }
}
