// Writes answers to HTTP responses: whole ones in one go, compressed where asked and worth it; streams piece by piece.

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer, AnswerStream } from './api-request.ts';
import type { AnyResponse } from './http-messages.ts';

/** Smaller answers are not worth the processor's time (Kubernetes draws the same line). */
const gzipThresholdBytes = 128 * 1024;
const compress = promisify(gzip);

export class ResponseStream implements AnswerStream {
  readonly #response: AnyResponse;

  constructor(response: AnyResponse) {
    this.#response = response;
  }

  get bufferedBytes(): number {
    return (this.#response as Writable).writableLength;
  }

  writeHead(status: number, headers: Record<string, string>): void {
    (this.#response as ServerResponse).writeHead(status, headers);
  }

  flushHead(): void {
    // HTTP/2 responses send theirs in writeHead.
    if ('flushHeaders' in this.#response) this.#response.flushHeaders();
  }

  write(chunk: Uint8Array | string): boolean {
    // The two response types agree on everything but the signatures of their overloads.
    return (this.#response as Writable).write(chunk);
  }

  end(): void {
    this.#response.end();
  }

  destroy(): void {
    this.#response.destroy();
  }

  drained(): Promise<void> {
    // HTTP/2 responses do not say that they are full; their streams do.
    const writable = ('stream' in this.#response ? this.#response.stream : this.#response) as Writable;
    if (!writable.writableNeedDrain || writable.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        writable.off('drain', done);
        writable.off('close', done);
        resolve();
      };
      writable.on('drain', done);
      writable.on('close', done);
    });
  }
}

export async function writeAnswer(
  answer: Answer,
  stream: AnswerStream,
  request: { readonly method?: string | undefined; readonly headers: IncomingHttpHeaders },
): Promise<void> {
  if (answer.kind === 'taken') return;
  if (answer.kind === 'stream') return answer.run(stream);
  const headers: Record<string, string> = { 'content-type': answer.contentType, ...answer.headers };
  let chunks = answer.chunks;
  let length = totalLength(chunks);
  if (length >= gzipThresholdBytes && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) {
    chunks = [await compress(Buffer.concat(chunks), { level: 1 })];
    length = totalLength(chunks);
    headers['content-encoding'] = 'gzip';
    headers.vary = 'Accept-Encoding';
  }
  headers['content-length'] = String(length);
  stream.writeHead(answer.status, headers);
  if (request.method !== 'HEAD') {
    for (const chunk of chunks) if (!stream.write(chunk)) await stream.drained();
  }
  stream.end();
}

function totalLength(chunks: readonly Uint8Array[]): number {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  return length;
}
