// An entry as the store keeps it: with its bytes as they came or, when they are not expected to change soon, packed.

import { inflateRawSync } from 'node:zlib';
import type { Entry, Header } from './types.ts';

export interface PackedValue {
  /** Raw deflate (RFC 1951), one byte in each character: a string costs less beside its content than a Buffer. */
  readonly packed: string;
  readonly dictionary: Uint8Array | undefined;
}

export class StoredEntry implements Entry {
  readonly key: string;
  readonly revision: number;
  readonly header: Header;
  /** Bytes of `value`, known without unpacking it. */
  readonly size: number;
  #content: Uint8Array | string;
  #dictionary: Uint8Array | undefined;

  constructor({ key, revision, header, value }: Omit<Entry, 'size'>) {
    this.key = key;
    this.revision = revision;
    this.header = header;
    this.size = value.length;
    this.#content = value;
  }

  /** Packed ones are unpacked for each reader anew (about 3 microseconds for each KB): whoever needs it twice keeps it. */
  get value(): Uint8Array {
    if (typeof this.#content !== 'string') return this.#content;
    const packed = Buffer.from(this.#content, 'latin1');
    const dictionary = this.#dictionary;
    return inflateRawSync(packed, { chunkSize: Math.max(64, this.size), ...(dictionary && { dictionary }) });
  }

  pack({ packed, dictionary }: PackedValue): void {
    this.#content = packed;
    this.#dictionary = dictionary;
  }
}
