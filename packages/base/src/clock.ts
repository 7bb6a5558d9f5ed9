// Time as a dependency: the system's clock in programs, a hand-driven one in tests.

export interface TimerHandle {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that never steps; only differences mean something. */
  monotonic(): number;
  /** Calls back once after `delayMs`; a pending timer keeps the process alive. */
  after(delayMs: number, callback: () => void): TimerHandle;
}

/** The system's timers fire at once when they are asked for more: longer waits are taken in steps. */
const longestTimeoutMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    let leftMs = delayMs;
    let timer: ReturnType<typeof setTimeout>;
    const arm = () => {
      const stepMs = Math.min(leftMs, longestTimeoutMs);
      leftMs -= stepMs;
      timer = setTimeout(leftMs > 0 ? arm : callback, stepMs);
    };
    arm();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMs`, or at once when the signal aborts; never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** A clock that stands still until `advance` moves it; timers fire in order of their due time. */
export class FakeClock implements Clock {
  #nowMs: number;
  #sequence = 0;
  readonly #timers = new Map<number, { dueMs: number; callback: () => void }>();

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    const id = this.#sequence++;
    this.#timers.set(id, { dueMs: this.#nowMs + Math.max(0, delayMs), callback });
    return { cancel: () => void this.#timers.delete(id) };
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves time on and fires what falls due, letting promise callbacks run before and after each timer. */
  async advance(byMs: number): Promise<void> {
    await settle();
    const targetMs = this.#nowMs + byMs;
    for (let next = this.#nextDue(targetMs); next; next = this.#nextDue(targetMs)) {
      this.#timers.delete(next.id);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await settle();
    }
    this.#nowMs = targetMs;
    await settle();
  }

  #nextDue(targetMs: number): { id: number; dueMs: number; callback: () => void } | undefined {
    let best: { id: number; dueMs: number; callback: () => void } | undefined;
    for (const [id, timer] of this.#timers) {
      if (timer.dueMs <= targetMs && (!best || timer.dueMs < best.dueMs)) best = { id, ...timer };
    }
    return best;
  }
}

async function settle(): Promise<void> {
  for (let round = 0; round < 100; round++) await Promise.resolve();
}
