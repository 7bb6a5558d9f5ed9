// Tells the node's modules what has changed in the store, in the order of the commits.

import type { StoreChange } from './node-store.ts';

export class ChangeFeed {
  readonly #listeners = new Set<(change: StoreChange) => void>();

  subscribe(listener: (change: StoreChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  emit(change: StoreChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
