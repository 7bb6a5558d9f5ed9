// Whether the store has ever been told all that belongs on this node: until then "not in the store" means nothing.

import type { TimerHandle } from '@selvedge/base';
import { capability } from '@selvedge/wire';
import type { Statement } from './database.ts';
import type { MetaContext } from './meta-context.ts';

const stateKey = 'synchronized';

export interface StoreStateOptions {
  /** After the answer to a digest by a cloud that does not say what it has queued: time for that to arrive. */
  readonly settleMs: number;
  /** A cloud that takes no digest never says "that is all"; after this long on one link it has sent what it would. */
  readonly withoutDigestMs: number;
  /** Runs when all that a comparison has queued is here. */
  readonly onSettled: () => void;
}

export class StoreState {
  readonly #context: MetaContext;
  readonly #options: StoreStateOptions;
  readonly #upsert: Statement<never>;
  #synchronized: boolean;
  #settled = true;
  #timer: TimerHandle | undefined;
  /** Resources of which this link has brought something, for as long as that may matter. */
  readonly #arrived = new Set<string>();
  /** What the cloud has queued, without what has arrived; undefined while it has not said so. */
  #awaited: Set<string> | undefined;

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

  /** False while a link brings what a comparison has found to differ: the pods of the store belong to two moments then. */
  get settled(): boolean {
    return this.#settled;
  }

  linkUp(capabilities: ReadonlySet<string>): void {
    this.linkDown();
    this.#settled = !capabilities.has(capability.digest);
    if (this.#settled && !this.#synchronized) this.#completeAfter(this.#options.withoutDigestMs);
  }

  linkDown(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#forgetDeliveries();
  }

  /** The cloud has compared what is here with what should be, and says what is on its way, if it can. */
  digestAnswered(differences: readonly string[] | undefined): void {
    if (!differences) {
      this.#completeAfter(this.#options.settleMs);
      return;
    }
    this.#awaited = new Set(differences.filter((resource) => !this.#arrived.has(resource)));
    if (this.#awaited.size === 0) this.#complete();
  }

  /** Something about the resource has come and is kept, or can not be. */
  arrived(resource: string): void {
    if (this.#settled) return;
    if (!this.#awaited) this.#arrived.add(resource);
    else if (this.#awaited.delete(resource) && this.#awaited.size === 0) this.#complete();
  }

  #completeAfter(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#context.clock.after(delayMs, () => this.#complete());
  }

  #forgetDeliveries(): void {
    this.#arrived.clear();
    this.#awaited = undefined;
    this.#settled = true;
  }

  #complete(): void {
    this.#forgetDeliveries();
    this.#options.onSettled();
    if (this.#synchronized) return;
    this.#context.commits.soon({
      apply: () => {
        this.#upsert.run(stateKey, 'true');
        return () => {
          this.#synchronized = true;
        };
      },
    });
  }
}
