// What a controller has written but its informer has not shown yet: until then its view is too old to decide on.
// The same purpose as Kubernetes' controller expectations, but by object instead of by number.

import type { Clock } from '@selvedge/base';

/** An event that never comes (a pod created and gone between two lists) must not block its owner for ever. */
const patienceMs = 30_000;

export class PendingWrites {
  readonly #clock: Clock;
  readonly #byOwner = new Map<string, Map<string, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The owner waits for news of the object. */
  expect(owner: string, objectKey: string): void {
    const pending = this.#byOwner.get(owner) ?? new Map<string, number>();
    pending.set(objectKey, this.#clock.monotonic() + patienceMs);
    this.#byOwner.set(owner, pending);
  }

  /** The informer has shown what was expected. */
  observed(owner: string, objectKey: string): void {
    const pending = this.#byOwner.get(owner);
    if (pending?.delete(objectKey) && pending.size === 0) this.#byOwner.delete(owner);
  }

  /** Milliseconds until the owner's view may be trusted at the latest; 0: now. */
  remainingMs(owner: string): number {
    const pending = this.#byOwner.get(owner);
    if (!pending) return 0;
    const nowMs = this.#clock.monotonic();
    let latest = 0;
    for (const dueMs of pending.values()) latest = Math.max(latest, dueMs - nowMs);
    if (latest <= 0) this.#byOwner.delete(owner);
    return Math.max(0, latest);
  }

  forget(owner: string): void {
    this.#byOwner.delete(owner);
  }
}
