// A token bucket before the connection: a node that goes wild must not flood the cloud. Acknowledgements pass it by.

import type { Clock, TimerHandle } from '@selvedge/base';

export interface RateLimiterOptions {
  readonly clock: Clock;
  readonly perSecond: number;
  readonly burst: number;
  /** What may wait; beyond it `onOverflow` is called once. */
  readonly maxWaiting: number;
  readonly onOverflow: () => void;
}

export class RateLimiter implements Disposable {
  readonly #options: RateLimiterOptions;
  #waiting: Array<() => void> = [];
  #tokens: number;
  #refilledAtMs: number;
  #timer: TimerHandle | undefined;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#refilledAtMs = options.clock.monotonic();
  }

  /** Runs `send` now or when its turn comes, in order; never after disposal. */
  submit(send: () => void): void {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      this.#options.onOverflow();
      return;
    }
    this.#waiting.push(send);
    this.#drain();
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#waiting = [];
  }

  #drain(): void {
    this.#refill();
    while (this.#tokens >= 1) {
      const send = this.#waiting.shift();
      if (!send) return;
      this.#tokens--;
      send();
    }
    if (this.#waiting.length === 0 || this.#timer) return;
    const waitMs = ((1 - this.#tokens) / this.#options.perSecond) * 1_000;
    this.#timer = this.#options.clock.after(waitMs, () => {
      this.#timer = undefined;
      this.#drain();
    });
  }

  #refill(): void {
    const { clock, perSecond, burst } = this.#options;
    const nowMs = clock.monotonic();
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#refilledAtMs) / 1_000) * perSecond);
    this.#refilledAtMs = nowMs;
  }
}
