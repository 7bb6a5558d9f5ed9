// The events that were encoded last, so that each is encoded once for all who watch in the same form.

import type { StoreEvent } from '../../store/types.ts';

/** One line of a watch's answer. */
export type EncodedEvent = Uint8Array;

export class EncodedEvents {
  readonly #maxBytes: number;
  /** Oldest first. */
  readonly #events = new Map<StoreEvent, Map<string, EncodedEvent>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  of(event: StoreEvent, form: string, encode: () => EncodedEvent): EncodedEvent {
    const forms = this.#events.get(event) ?? new Map<string, EncodedEvent>();
    const known = forms.get(form);
    if (known) return known;
    const encoded = encode();
    this.#events.set(event, forms.set(form, encoded));
    this.#bytes += encoded.length;
    for (const [oldest, dropped] of this.#events) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#events.delete(oldest);
      for (const { length } of dropped.values()) this.#bytes -= length;
    }
    return encoded;
  }
}
