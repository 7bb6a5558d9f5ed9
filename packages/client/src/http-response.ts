// A resumable parser of HTTP/1.1 responses: bytes in, head, body pieces and end out; every size is capped. Pure.

import { Fault } from '@selvedge/base';

export interface ResponseHead {
  readonly statusCode: number;
  /** Names in lower case; of a repeated header the last wins. */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the connection may carry another request afterwards. */
  readonly keepAlive: boolean;
}

export interface ResponseHandler {
  head(head: ResponseHead): void;
  data(piece: Buffer): void;
  end(): void;
}

export const maxHeadBytes = 64 * 1024;
const maxChunkLineBytes = 1024;
const empty = Buffer.alloc(0);

type State =
  | 'head'
  | 'length'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailers'
  | 'until-close'
  | 'done';

export class ResponseParser {
  readonly #handler: ResponseHandler;
  #state: State = 'head';
  #rest: Buffer = empty;
  #remaining = 0;
  #trailerBytes = 0;

  constructor(handler: ResponseHandler) {
    this.#handler = handler;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** Throws `client/malformed-response` when the bytes break the protocol or a cap. */
  push(bytes: Buffer): void {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = empty;
    while (rest.length > 0) {
      const next = this.#step(rest);
      if (next === undefined) {
        this.#rest = rest;
        return;
      }
      rest = next;
    }
  }

  /** The peer closed its side: the end of a body without a length, a broken answer otherwise. */
  close(): void {
    if (this.#state === 'until-close') this.#end();
  }

  /** Takes what it can from `rest` and returns what is left, or undefined when more bytes are needed first. */
  #step(rest: Buffer): Buffer | undefined {
    switch (this.#state) {
      case 'head':
        return this.#takeHead(rest);
      case 'length':
        return this.#takeBody(rest, () => this.#end());
      case 'chunk-data':
        return this.#takeBody(rest, () => {
          this.#state = 'chunk-end';
        });
      case 'chunk-size':
        return this.#takeLine(rest, maxChunkLineBytes, (line) => this.#startChunk(line));
      case 'chunk-end':
        return this.#takeLine(rest, 1, (line) => {
          if (line !== '') throw malformed('a chunk is longer than its size says');
          this.#state = 'chunk-size';
        });
      case 'trailers':
        return this.#takeLine(rest, maxHeadBytes, (line) => {
          this.#trailerBytes += line.length;
          if (this.#trailerBytes > maxHeadBytes) throw malformed('the trailers are too long');
          if (line === '') this.#end();
        });
      case 'until-close':
        this.#handler.data(rest);
        return empty;
      case 'done':
        throw malformed('bytes follow the end of the response');
    }
  }

  #takeHead(rest: Buffer): Buffer | undefined {
    const end = rest.indexOf('\r\n\r\n');
    if (end > maxHeadBytes || (end < 0 && rest.length > maxHeadBytes))
      throw malformed('the head is too long');
    if (end < 0) return undefined;
    const head = parseHead(rest.toString('latin1', 0, end));
    if (head.statusCode >= 200) this.#startBody(head);
    else if (head.statusCode === 101) throw malformed('an upgrade nobody asked for');
    return rest.subarray(end + 4);
  }

  #startBody(head: ResponseHead): void {
    const length = head.headers.get('content-length');
    if (head.statusCode === 204 || head.statusCode === 304) {
      this.#handler.head(head);
      this.#end();
    } else if (head.headers.get('transfer-encoding')?.toLowerCase() === 'chunked') {
      this.#state = 'chunk-size';
      this.#handler.head(head);
    } else if (length !== undefined) {
      if (!/^\d{1,15}$/.test(length)) throw malformed('the content length is no number');
      this.#remaining = Number(length);
      this.#state = 'length';
      this.#handler.head(head);
      if (this.#remaining === 0) this.#end();
    } else {
      this.#state = 'until-close';
      this.#handler.head({ ...head, keepAlive: false });
    }
  }

  #startChunk(line: string): void {
    const size = /^([0-9a-f]{1,8})\s*(?:;|$)/i.exec(line)?.[1];
    if (size === undefined) throw malformed('a chunk size is no number');
    this.#remaining = Number.parseInt(size, 16);
    this.#state = this.#remaining === 0 ? 'trailers' : 'chunk-data';
  }

  #takeBody(rest: Buffer, complete: () => void): Buffer {
    const piece = rest.length <= this.#remaining ? rest : rest.subarray(0, this.#remaining);
    this.#remaining -= piece.length;
    this.#handler.data(piece);
    if (this.#remaining === 0) complete();
    return rest.subarray(piece.length);
  }

  #takeLine(rest: Buffer, maxBytes: number, take: (line: string) => void): Buffer | undefined {
    const end = rest.indexOf('\r\n');
    if (end > maxBytes || (end < 0 && rest.length > maxBytes)) throw malformed('a line is too long');
    if (end < 0) return undefined;
    take(rest.toString('latin1', 0, end));
    return rest.subarray(end + 2);
  }

  #end(): void {
    this.#state = 'done';
    this.#handler.end();
  }
}

function parseHead(text: string): ResponseHead {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const match = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(statusLine);
  if (!match) throw malformed('no HTTP/1.1 status line');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw malformed('a header line without a colon');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const http10 = match[1] === '0';
  const connection = headers.get('connection')?.toLowerCase();
  const keepAlive = http10 ? connection === 'keep-alive' : connection !== 'close';
  return { statusCode: Number(match[2]), headers, keepAlive };
}

function malformed(what: string): Fault {
  return new Fault('client/malformed-response', `the API server's answer breaks HTTP/1.1: ${what}`);
}
