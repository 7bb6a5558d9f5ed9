// HTTP/1.1 over TLS to one API server: whole answers with a cap and a deadline, retries when it asks for them, and streams.

import { createSecureContext } from 'node:tls';
import { type Clock, Fault, isFault, sleep } from '@selvedge/base';
import type { Connection } from './connection.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { ResponseHead } from './http-response.ts';

export interface TransportOptions {
  /** `https://host:port`, with a path prefix where the API server has one. */
  readonly server: string;
  /** The name in the server's certificate where it is not the host of `server`. */
  readonly serverName?: string;
  /** PEM of the CAs that the server's certificate is checked against. */
  readonly ca?: string;
  /** PEM of the client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
  /** A bearer token, or what reads the current one. */
  readonly token?: string | (() => Promise<string>);
  readonly userAgent: string;
  readonly clock: Clock;
  readonly maxConnections: number;
  readonly maxWaiting: number;
  readonly idleTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly maxResponseBytes: number;
  readonly maxRetries: number;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Receives a streamed answer; `pause` and `resume` of the returned stream hold the server back. */
export interface StreamHandler {
  head(statusCode: number): void;
  data(piece: Buffer): void;
  end(): void;
  fail(error: Error): void;
}

export class Transport implements AsyncDisposable {
  readonly #options: TransportOptions;
  readonly #pool: ConnectionPool;
  readonly #url: URL;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#url = parseServer(options.server);
    const { ca, cert, key, clock, maxConnections, maxWaiting, idleTimeoutMs, connectTimeoutMs } = options;
    this.#pool = new ConnectionPool({
      target: {
        host: this.#url.hostname.replace(/^\[|\]$/g, ''),
        port: Number(this.#url.port || 443),
        ...(options.serverName === undefined ? {} : { serverName: options.serverName }),
        secureContext: secureContextOf({ ca, cert, key }),
        connectTimeoutMs,
      },
      clock,
      maxConnections,
      maxWaiting,
      idleTimeoutMs,
    });
  }

  /** The whole answer. Sends again when the server asks for it (429 and 5xx with Retry-After). */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    for (let retry = 0; ; retry++) {
      const answer = await this.#sendOnce(request, await this.#encode(request));
      const waitMs = retry < this.#options.maxRetries ? retryAfterMs(answer) : undefined;
      if (waitMs === undefined) return answer;
      await sleep(this.#options.clock, waitMs, request.signal);
      if (request.signal?.aborted) throw aborted();
    }
  }

  /** An answer that lasts, on a connection of its own. */
  async stream(request: HttpRequest, handler: StreamHandler): Promise<Connection> {
    const encoded = await this.#encode(request);
    return this.#pool.dedicated(encoded, {
      head: (head) => handler.head(head.statusCode),
      data: (piece) => handler.data(piece),
      end: () => handler.end(),
      fail: (error) => handler.fail(error),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pool.close();
  }

  async #sendOnce(request: HttpRequest, encoded: string): Promise<HttpAnswer> {
    try {
      return await this.#exchange(encoded, request.signal);
    } catch (error) {
      // A server may close an idle connection while a request is on its way; reading again is harmless.
      if (request.method !== 'GET' || request.signal?.aborted || !isFault(error, 'client/unreachable'))
        throw error;
      return this.#exchange(encoded, request.signal);
    }
  }

  #exchange(encoded: string, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    if (signal?.aborted) return Promise.reject(aborted());
    const { maxResponseBytes, requestTimeoutMs, clock } = this.#options;
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      let head: ResponseHead | undefined;
      let cancel: (error: Error) => void = () => undefined;
      const timer = clock.after(requestTimeoutMs, () => cancel(timedOut(requestTimeoutMs)));
      const abort = () => cancel(aborted());
      signal?.addEventListener('abort', abort, { once: true });
      const settle = () => {
        timer.cancel();
        signal?.removeEventListener('abort', abort);
      };
      ({ cancel } = this.#pool.request(encoded, {
        head: (received) => {
          head = received;
        },
        data: (piece) => {
          bytes += piece.length;
          if (bytes > maxResponseBytes) throw tooLarge(maxResponseBytes);
          pieces.push(piece);
        },
        end: () => {
          settle();
          if (head) resolve({ statusCode: head.statusCode, headers: head.headers, body: textOf(pieces) });
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      }));
    });
  }

  async #encode(request: HttpRequest): Promise<string> {
    const { token, userAgent } = this.#options;
    const path = `${this.#url.pathname.replace(/\/$/, '')}${request.path}`;
    let text = `${request.method} ${path} HTTP/1.1\r\nHost: ${this.#url.host}\r\nUser-Agent: ${userAgent}\r\n`;
    text += `Accept: ${request.accept ?? 'application/json'}\r\n`;
    const bearer = typeof token === 'function' ? await token() : token;
    if (bearer !== undefined) text += `Authorization: Bearer ${bearer}\r\n`;
    if (request.contentType !== undefined) text += `Content-Type: ${request.contentType}\r\n`;
    if (request.body !== undefined) text += `Content-Length: ${Buffer.byteLength(request.body)}\r\n`;
    // A line break in a path or a token would smuggle in a header of its own.
    if (/\s/.test(path) || /\s/.test(bearer ?? '')) throw brokenRequest();
    return `${text}\r\n${request.body ?? ''}`;
  }
}

function textOf(pieces: readonly Buffer[]): string {
  const [first] = pieces;
  if (first === undefined) return '';
  return pieces.length === 1 ? first.toString('utf8') : Buffer.concat(pieces).toString('utf8');
}

function parseServer(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol === 'https:') return url;
  throw new Fault(
    'client/invalid-config',
    `the API server's address ${JSON.stringify(server)} is no https:// URL`,
  );
}

function secureContextOf(options: { ca?: string; cert?: string; key?: string }) {
  try {
    return createSecureContext(
      Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    );
  } catch (cause) {
    throw new Fault('client/invalid-config', 'the CA, client certificate or client key cannot be read', {
      cause,
    });
  }
}

/** How long the server wants to be left alone before the same request, where it says so. */
function retryAfterMs(answer: HttpAnswer): number | undefined {
  if (answer.statusCode !== 429 && answer.statusCode < 500) return undefined;
  const value = answer.headers.get('retry-after');
  return value !== undefined && /^\d{1,5}$/.test(value) ? Number(value) * 1_000 : undefined;
}

function aborted(): Fault {
  return new Fault('client/aborted', 'the request was given up by its caller');
}

function timedOut(afterMs: number): Fault {
  return new Fault('client/unreachable', `no answer from the API server within ${afterMs} ms`, {
    retryable: true,
  });
}

function tooLarge(maxBytes: number): Fault {
  return new Fault('client/response-too-large', `the API server's answer is longer than ${maxBytes} bytes`);
}

function brokenRequest(): Fault {
  return new Fault(
    'client/invalid-request',
    'a request path or token contains a line break or other white space',
  );
}
