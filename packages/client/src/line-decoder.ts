// Splits a byte stream into lines, as a watch sends them, one JSON document each; a line longer than the cap is an error. Pure.

import { Fault } from '@selvedge/base';

export class LineDecoder {
  readonly #maxLineBytes: number;
  #pieces: Buffer[] = [];
  #pendingBytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** The lines that these bytes complete, without their ends, empty ones left out. */
  push(bytes: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      this.#add(bytes.subarray(start, end));
      const line = this.#take();
      if (line !== '') lines.push(line);
      start = end + 1;
    }
    if (start < bytes.length) this.#add(bytes.subarray(start));
    return lines;
  }

  /** Whether the stream, ending here, would cut a line. */
  get midLine(): boolean {
    return this.#pendingBytes > 0;
  }

  #add(piece: Buffer): void {
    if (this.#pendingBytes + piece.length > this.#maxLineBytes) {
      throw new Fault(
        'client/response-too-large',
        `a watch event is longer than ${this.#maxLineBytes} bytes`,
      );
    }
    if (piece.length === 0) return;
    this.#pendingBytes += piece.length;
    this.#pieces.push(piece);
  }

  #take(): string {
    const [first] = this.#pieces;
    if (first === undefined) return '';
    const line =
      this.#pieces.length === 1 ? first.toString('utf8') : Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#pendingBytes = 0;
    return line.trim();
  }
}
