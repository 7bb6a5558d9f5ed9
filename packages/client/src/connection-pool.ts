// Keep-alive connections to one API server: requests share a bounded number, each watch has one of its own, so that
// neither can starve the other.

import { type Clock, Fault, type TimerHandle } from '@selvedge/base';
import { Connection, type Exchange, type Target } from './connection.ts';

export interface PoolOptions {
  readonly target: Target;
  readonly clock: Clock;
  /** Connections for requests; more requests wait their turn. */
  readonly maxConnections: number;
  /** Requests that may wait; further ones fail with `client/overloaded`. */
  readonly maxWaiting: number;
  readonly idleTimeoutMs: number;
}

interface Waiting {
  readonly send: (connection: Connection) => void;
  readonly fail: (error: Error) => void;
}

/** Servers close idle connections at their own limit; ours close this much earlier, so that no request meets the close. */
const keepAliveMarginMs = 1_000;

export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #all = new Map<Connection, { dedicated: boolean }>();
  readonly #idle: Array<{ connection: Connection; untilMs: number }> = [];
  readonly #waiting: Waiting[] = [];
  #shared = 0;
  #sweeper: TimerHandle | undefined;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Sends a request as soon as a connection is free; returns what cancels it. */
  request(request: string, exchange: Exchange): { cancel: (error: Error) => void } {
    let sentOn: Connection | undefined;
    const waiting: Waiting = {
      send: (connection) => {
        sentOn = connection;
        connection.send(request, exchange);
      },
      fail: (error) => exchange.fail(error),
    };
    this.#dispatch(waiting);
    return {
      cancel: (error) => {
        if (sentOn) return sentOn.destroy(error);
        const index = this.#waiting.indexOf(waiting);
        if (index >= 0) this.#waiting.splice(index, 1);
        exchange.fail(error);
      },
    };
  }

  /** A connection outside the bound, for an answer that lasts. */
  dedicated(request: string, exchange: Exchange): Connection {
    const connection = this.#open(true);
    connection.send(request, exchange);
    return connection;
  }

  close(): void {
    this.#closed = true;
    this.#sweeper?.cancel();
    const error = new Fault('client/closed', 'the client was closed');
    for (const waiting of this.#waiting.splice(0)) waiting.fail(error);
    for (const connection of [...this.#all.keys()]) connection.destroy(error);
  }

  #dispatch(waiting: Waiting): void {
    const idle = this.#takeIdle();
    if (this.#closed) waiting.fail(new Fault('client/closed', 'the client was closed'));
    else if (idle) waiting.send(idle);
    else if (this.#shared < this.#options.maxConnections) waiting.send(this.#open(false));
    else if (this.#waiting.length < this.#options.maxWaiting) this.#waiting.push(waiting);
    else
      waiting.fail(
        new Fault('client/overloaded', 'too many requests wait for the API server', { retryable: true }),
      );
  }

  #open(dedicated: boolean): Connection {
    const connection = new Connection(this.#options.target, this.#options.clock, {
      idle: (one, keepAliveMs) => this.#becameIdle(one, keepAliveMs),
      closed: (one) => this.#forget(one),
    });
    this.#all.set(connection, { dedicated });
    if (!dedicated) this.#shared++;
    return connection;
  }

  #takeIdle(): Connection | undefined {
    const nowMs = this.#options.clock.monotonic();
    for (let last = this.#idle.pop(); last; last = this.#idle.pop()) {
      if (last.untilMs > nowMs) return last.connection;
      last.connection.destroy(new Fault('client/closed', 'idle for too long'));
    }
    return undefined;
  }

  #becameIdle(connection: Connection, keepAliveMs: number | undefined): void {
    const entry = this.#all.get(connection);
    if (!entry) return;
    if (entry.dedicated) {
      connection.destroy(new Fault('client/closed', 'the watch has ended'));
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting) {
      waiting.send(connection);
      return;
    }
    const hintMs = keepAliveMs === undefined ? this.#options.idleTimeoutMs : keepAliveMs - keepAliveMarginMs;
    const untilMs = this.#options.clock.monotonic() + Math.min(hintMs, this.#options.idleTimeoutMs);
    this.#idle.push({ connection, untilMs });
    this.#scheduleSweep();
  }

  #forget(connection: Connection): void {
    const entry = this.#all.get(connection);
    if (!entry) return;
    this.#all.delete(connection);
    const index = this.#idle.findIndex((one) => one.connection === connection);
    if (index >= 0) this.#idle.splice(index, 1);
    if (entry.dedicated) return;
    this.#shared--;
    const waiting = this.#closed ? undefined : this.#waiting.shift();
    if (waiting) waiting.send(this.#open(false));
  }

  #scheduleSweep(): void {
    if (this.#sweeper || this.#idle.length === 0 || this.#closed) return;
    this.#sweeper = this.#options.clock.after(keepAliveMarginMs, () => {
      this.#sweeper = undefined;
      const nowMs = this.#options.clock.monotonic();
      const expired = this.#idle.filter((one) => one.untilMs <= nowMs);
      for (const { connection } of expired)
        connection.destroy(new Fault('client/closed', 'idle for too long'));
      this.#scheduleSweep();
    });
  }
}
