// Whether the store has ever been told all that belongs on this node: until then "not in the store" means nothing.

import type { TimerHandle } from '@selvedge/base';
import { capability } from '@selvedge/wire';
import type { Statement } from './database.ts';
import type { MetaContext } from './meta-context.ts';

const stateKey = 'synchronized';

export interface StoreStateOptions {
  /** After the cloud has compared digests: time for what it queued then to arrive. */
  readonly settleMs: number;
  /** A cloud that takes no digest never says "that is all"; after this long on one link it has sent what it would. */
  readonly withoutDigestMs: number;
}

export class StoreState {
  readonly #context: MetaContext;
  readonly #options: StoreStateOptions;
  readonly #upsert: Statement<never>;
  #synchronized: boolean;
  #timer: TimerHandle | undefined;

  constructor(context: MetaContext, options: StoreStateOptions) {
    this.#context = context;
    this.#options = options;
    const { database } = context;
    this.#upsert = database.prepare('INSERT OR REPLACE INTO state VALUES (?, ?)');
    const row = database.prepare<{ value: string }>('SELECT value FROM state WHERE key = ?').get(stateKey);
    this.#synchronized = row?.value === 'true';
  }

  get synchronized(): boolean {
    return this.#synchronized;
  }

  linkUp(capabilities: ReadonlySet<string>): void {
    if (!capabilities.has(capability.digest)) this.#after(this.#options.withoutDigestMs);
  }

  linkDown(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The cloud has compared what is here with what should be. */
  digestAnswered(): void {
    this.#after(this.#options.settleMs);
  }

  #after(delayMs: number): void {
    if (this.#synchronized) return;
    this.#timer?.cancel();
    this.#timer = this.#context.clock.after(delayMs, () => {
      this.#context.commits.soon({
        apply: () => {
          this.#upsert.run(stateKey, 'true');
          return () => {
            this.#synchronized = true;
          };
        },
      });
    });
  }
}
