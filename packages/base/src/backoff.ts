// Exponential back-off with a cap and jitter, as a pure sequence of delays.

export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor?: number;
  /** Share of each delay that is random, 0 to 1. */
  readonly jitter?: number;
  readonly random?: () => number;
}

export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #nextMs: number;

  constructor(options: BackoffOptions) {
    this.#options = { factor: 2, jitter: 0.2, random: Math.random, ...options };
    this.#nextMs = options.initialMs;
  }

  /** The delay before the next try, in milliseconds; each call lengthens the one after it. */
  next(): number {
    const { factor, maxMs, jitter, random } = this.#options;
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(maxMs, delayMs * factor);
    return delayMs * (1 - jitter + 2 * jitter * random());
  }

  reset(): void {
    this.#nextMs = this.#options.initialMs;
  }
}
