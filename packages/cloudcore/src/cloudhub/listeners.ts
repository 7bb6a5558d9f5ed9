// Who wants to hear of an event of the hub: called in the order of registration, and one that fails does not keep it from the others.

import { describeError, type Logger } from '@selvedge/base';

export type Listener<Parameters extends unknown[]> = (...parameters: Parameters) => void;

export class Listeners<Parameters extends unknown[]> {
  readonly #logger: Logger;
  readonly #listeners = new Set<Listener<Parameters>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(listener: Listener<Parameters>): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  notify(...parameters: Parameters): void {
    for (const listener of this.#listeners) {
      try {
        listener(...parameters);
      } catch (error) {
        this.#logger.error('a hub listener failed', { reason: describeError(error) });
      }
    }
  }
}
