// A request on its way through the API server, and the two shapes that an answer can have.

import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { User } from './authentication/user.ts';
import type { RequestInfo } from './request-info.ts';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The query as it was sent, without `?`. */
  readonly headers: IncomingHttpHeaders;
  readonly info: RequestInfo;
  readonly user: User;
  /** Aborts when the client has gone or the server stops. */
  readonly signal: AbortSignal;
  /** The body, whole; refuses with 413 beyond the limit before buffering more. */
  readBody(): Promise<Buffer>;
  /** Collected `Warning` headers, texts without code and agent. */
  readonly warnings: string[];
  /** An upgrade's raw connection, for requests that came with `Connection: Upgrade`. */
  readonly upgrade: UpgradeConnection | undefined;
  readonly body: Readable;
}

export interface UpgradeConnection {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** What a streaming answer writes to; `write` returns false when the client reads too slowly. */
export interface AnswerStream {
  writeHead(status: number, headers: Record<string, string>): void;
  /** Sends the head at once: clients of a watch or a log wait for it, and the first line may be hours away. */
  flushHead(): void;
  write(chunk: Uint8Array | string): boolean;
  end(): void;
  /** Cuts the connection: what was promised can not be delivered. */
  destroy(): void;
  readonly bufferedBytes: number;
  /** Resolves when more may be written, or the client has gone. */
  drained(): Promise<void>;
}

export type Answer =
  | {
      readonly kind: 'bytes';
      readonly status: number;
      readonly contentType: string;
      readonly chunks: readonly Uint8Array[];
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'stream'; run(stream: AnswerStream): Promise<void> }
  /** The connection was taken over: nothing is left to answer. */
  | { readonly kind: 'taken' };

const encoder = new TextEncoder();

export function jsonAnswer(status: number, value: unknown, headers?: Record<string, string>): Answer {
  return {
    kind: 'bytes',
    status,
    contentType: 'application/json',
    chunks: [encoder.encode(`${JSON.stringify(value)}\n`)],
    ...(headers ? { headers } : {}),
  };
}

export function textAnswer(status: number, text: string, contentType = 'text/plain; charset=utf-8'): Answer {
  return { kind: 'bytes', status, contentType, chunks: [encoder.encode(text)] };
}
