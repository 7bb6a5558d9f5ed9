// Shares equal label and field sets between entries: the pods of one Deployment carry the same ones a thousand times.

import type { Header } from './types.ts';

type Pairs = Readonly<Record<string, string>>;

/** Sets beyond this number are not shared: the pool forgets all and starts again. */
const maxPooled = 50_000;
const empty: Pairs = Object.freeze({});

export class HeaderPool {
  readonly #pairs = new Map<string, Pairs>();

  share(header: Header): Header {
    return {
      uid: header.uid,
      labels: this.#sharePairs(header.labels),
      fields: this.#sharePairs(header.fields),
    };
  }

  #sharePairs(pairs: Pairs): Pairs {
    const keys = Object.keys(pairs);
    if (keys.length === 0) return empty;
    const text = JSON.stringify(pairs);
    const known = this.#pairs.get(text);
    if (known) return known;
    if (this.#pairs.size >= maxPooled) this.#pairs.clear();
    this.#pairs.set(text, pairs);
    return pairs;
  }
}
