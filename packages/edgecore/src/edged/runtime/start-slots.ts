// How many pods start at a time. Each start costs the runtime most of a core for a while (plugins, runc): all at once, every pod
// would be ready as late as the last. With few at a time, and those begun finished first, the median halves and the last is no later.

import type { Clock } from '@selvedge/base';

/** Containers of a sandbox that stands go before new sandboxes. */
export type StartKind = 'container' | 'sandbox';

export interface StartSlotsOptions {
  readonly clock: Clock;
  readonly slots: number;
  /** A start that takes longer waits for something else than the processor: its slot goes to the next. */
  readonly longestHoldMs: number;
}

export class StartSlots {
  readonly #options: StartSlotsOptions;
  readonly #waiting: Record<StartKind, Array<() => void>> = { container: [], sandbox: [] };
  #free: number;

  constructor(options: StartSlotsOptions) {
    this.#options = options;
    this.#free = options.slots;
  }

  async run<Result>(kind: StartKind, start: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting[kind].push(resolve));
    let held = true;
    const release = () => {
      if (held) this.#release();
      held = false;
    };
    const timer = this.#options.clock.after(this.#options.longestHoldMs, release);
    try {
      return await start();
    } finally {
      timer.cancel();
      release();
    }
  }

  #release(): void {
    const next = this.#waiting.container.shift() ?? this.#waiting.sandbox.shift();
    if (next) next();
    else this.#free++;
  }
}
