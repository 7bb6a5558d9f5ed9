// Slows down whoever keeps failing: a token bucket of failures per address, bounded in number.

export interface FailureLimiterOptions {
  readonly burst: number;
  readonly perSecond: number;
  readonly maxAddresses: number;
}

interface Bucket {
  left: number;
  atMs: number;
}

export class FailureLimiter {
  readonly #options: FailureLimiterOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: FailureLimiterOptions) {
    this.#options = options;
  }

  /** Whether the address has failed so much that it is not listened to for now. */
  isBlocked(address: string, nowMs: number): boolean {
    return this.#left(address, nowMs) < 1;
  }

  failed(address: string, nowMs: number): void {
    const left = Math.max(0, this.#left(address, nowMs) - 1);
    this.#buckets.delete(address);
    if (this.#buckets.size >= this.#options.maxAddresses) {
      const oldest = this.#buckets.keys().next().value;
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    this.#buckets.set(address, { left, atMs: nowMs });
  }

  #left(address: string, nowMs: number): number {
    const bucket = this.#buckets.get(address);
    if (!bucket) return this.#options.burst;
    const regained = ((nowMs - bucket.atMs) / 1000) * this.#options.perSecond;
    return Math.min(this.#options.burst, bucket.left + regained);
  }
}
