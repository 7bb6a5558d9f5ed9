// One TLS connection to the API server that carries one exchange at a time.

import { isIP } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { type Clock, Fault, type TimerHandle } from '@selvedge/base';
import { type ResponseHead, ResponseParser } from './http-response.ts';

/** Where one request's answer goes. Exactly one of `end` and `fail` is called, as the last call. */
export interface Exchange {
  head(head: ResponseHead): void;
  data(piece: Buffer): void;
  end(): void;
  fail(error: Error): void;
}

export interface Target {
  readonly host: string;
  readonly port: number;
  /** The name the server's certificate is checked against; the host unless given. */
  readonly serverName?: string;
  readonly secureContext: SecureContext;
  readonly connectTimeoutMs: number;
}

export interface ConnectionEvents {
  /** The exchange ended and the connection can take another. */
  idle(connection: Connection, keepAliveMs: number | undefined): void;
  closed(connection: Connection): void;
}

export class Connection {
  readonly #socket: TLSSocket;
  readonly #events: ConnectionEvents;
  #exchange: Exchange | undefined;
  #parser: ResponseParser | undefined;
  #head: ResponseHead | undefined;
  #closed = false;
  #connectTimer: TimerHandle | undefined;
  /** Whether an earlier exchange ended well here: a failure before any byte may then be the server's idle timeout. */
  reused = false;

  constructor(target: Target, clock: Clock, events: ConnectionEvents) {
    this.#events = events;
    const name = target.serverName ?? target.host;
    this.#socket = connect({
      host: target.host,
      port: target.port,
      secureContext: target.secureContext,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(name) ? {} : { servername: name }),
    });
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, 15_000);
    this.#connectTimer = clock.after(target.connectTimeoutMs, () =>
      this.#fail(unreachable(target, new Error(`no TLS connection within ${target.connectTimeoutMs} ms`))),
    );
    this.#socket.once('secureConnect', () => this.#connectTimer?.cancel());
    this.#socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    this.#socket.on('error', (error: Error) => this.#fail(unreachable(target, error)));
    this.#socket.on('end', () => this.#peerClosed(target));
    this.#socket.on('close', () => this.#peerClosed(target));
  }

  /** Whether the answer in hand has begun; before that a request on a reused connection may be sent again. */
  get answering(): boolean {
    return this.#head !== undefined;
  }

  send(request: string, exchange: Exchange): void {
    this.#exchange = exchange;
    this.#head = undefined;
    this.#parser = new ResponseParser({
      head: (head) => {
        this.#head = head;
        exchange.head(head);
      },
      data: (piece) => exchange.data(piece),
      end: () => this.#finish(),
    });
    this.#socket.write(request, 'utf8');
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection at once; an exchange in hand fails with this error. */
  destroy(error: Error): void {
    this.#fail(error);
  }

  #receive(bytes: Buffer): void {
    if (!this.#parser) {
      // Bytes that answer no request: the connection cannot be trusted any more.
      this.#fail(new Fault('client/malformed-response', 'the API server sent bytes that answer no request'));
      return;
    }
    try {
      this.#parser.push(bytes);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #finish(): void {
    const exchange = this.#exchange;
    const head = this.#head;
    this.#exchange = undefined;
    this.#parser = undefined;
    if (head?.keepAlive && !this.#closed) {
      this.reused = true;
      this.#events.idle(this, keepAliveHint(head));
    } else {
      this.#close();
    }
    exchange?.end();
  }

  #peerClosed(target: Target): void {
    this.#parser?.close();
    if (!this.#closed) this.#fail(unreachable(target, new Error('the connection was closed')));
  }

  #fail(error: Error): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#parser = undefined;
    this.#close();
    exchange?.fail(error);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connectTimer?.cancel();
    this.#socket.destroy();
    this.#events.closed(this);
  }
}

/** How long the server keeps an idle connection, where its answer says so (`Keep-Alive: timeout=5`). */
function keepAliveHint(head: ResponseHead): number | undefined {
  const seconds = /timeout=(\d{1,6})/.exec(head.headers.get('keep-alive') ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

function unreachable(target: Target, cause: unknown): Fault {
  return new Fault('client/unreachable', `no answer from the API server at ${target.host}:${target.port}`, {
    cause,
    retryable: true,
    hint: 'Check that the API server runs and that the address in the kubeconfig is right.',
  });
}
