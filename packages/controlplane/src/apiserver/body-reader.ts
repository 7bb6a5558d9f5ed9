// Reads a request's body up to a limit; what is longer is refused before it is buffered.

import type { Readable } from 'node:stream';
import { refuse } from './status-error.ts';

export class BodyReader {
  readonly #source: Readable;
  readonly #maxBytes: number;
  #started = false;

  constructor(source: Readable, maxBytes: number) {
    this.#source = source;
    this.#maxBytes = maxBytes;
  }

  read(): Promise<Buffer> {
    this.#started = true;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const onData = (chunk: Buffer) => {
        length += chunk.length;
        if (length <= this.#maxBytes) {
          chunks.push(chunk);
          return;
        }
        this.#source.off('data', onData);
        this.#source.resume();
        reject(refuse.tooLarge(this.#maxBytes));
      };
      this.#source.on('data', onData);
      this.#source.once('end', () =>
        resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)),
      );
      this.#source.once('error', reject);
      this.#source.once('close', () =>
        reject(refuse.badRequest('the connection was closed within the request')),
      );
    });
  }

  /** Lets a body that nobody read flow away, so that the connection can carry the next request. */
  discard(): void {
    if (!this.#started) this.#source.resume();
  }
}
