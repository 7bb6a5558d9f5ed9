// The recent writes of one collection, in order: what watches resume from, and what old snapshots are rebuilt from.

import type { Entry, HistoryLimits, StoreEvent } from './types.ts';

/** What an event costs beside the bytes that it alone keeps alive. */
const eventOverheadBytes = 200;

export class History {
  readonly #limits: HistoryLimits;
  #events: StoreEvent[] = [];
  /** Events before this index are gone; the array is cut when they are many. */
  #head = 0;
  #bytes = 0;
  #compactedRevision: number;

  constructor(limits: HistoryLimits, compactedRevision: number) {
    this.#limits = limits;
    this.#compactedRevision = compactedRevision;
  }

  /** Events up to and with this revision can no longer be told. */
  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  get length(): number {
    return this.#events.length - this.#head;
  }

  /** Adds an event; returns the revisions whose records the journal need no longer keep. */
  add(event: StoreEvent): number[] {
    this.#events.push(event);
    this.#bytes += costOf(event);
    const discard: number[] = [];
    while (this.length > this.#limits.maxEvents || (this.#bytes > this.#limits.maxBytes && this.length > 1)) {
      this.#dropOldest(discard);
    }
    return discard;
  }

  /** Events with a revision above this one, oldest first. */
  after(revision: number): StoreEvent[] {
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle] as StoreEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  /** What each key changed since `revision` held at that time. */
  stateBefore(revision: number): Map<string, Entry | undefined> {
    const overlay = new Map<string, Entry | undefined>();
    for (const event of this.after(revision)) {
      if (!overlay.has(event.key)) overlay.set(event.key, event.previous);
    }
    return overlay;
  }

  #dropOldest(discard: number[]): void {
    const event = this.#events[this.#head] as StoreEvent;
    this.#head++;
    this.#bytes -= costOf(event);
    this.#compactedRevision = event.revision;
    if (event.previous) discard.push(event.previous.revision);
    if (!event.entry) discard.push(event.revision);
    if (this.#head > 1_000 && this.#head > this.#events.length / 2) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
  }
}

function costOf(event: StoreEvent): number {
  return eventOverheadBytes + (event.previous?.size ?? 0);
}
