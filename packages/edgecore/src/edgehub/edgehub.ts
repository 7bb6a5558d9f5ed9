// EdgeHub: keeps the node connected to its cloud. A state machine in which each state is a function that owns its timers.

import { Backoff, type Clock, describeError, Fault, type Logger } from '@selvedge/base';
import type { Capability, Message, MessageStamps } from '@selvedge/wire';
import { type Endpoint, formatEndpoint } from '../config.ts';
import {
  type HubConnection,
  type HubConnectionEvents,
  type HubConnectionOptions,
  type HubIdentity,
  openHubConnection,
  RefusedFault,
} from './hub-connection.ts';
import { type HubLink, HubSession } from './hub-session.ts';

/**
 * What the node's link to the cloud is doing:
 *
 * - `waiting`: no connection; the next try comes at `untilMs`, or earlier when `reconnect` is called.
 * - `connecting`: TCP, TLS and the WebSocket upgrade are under way, within a deadline.
 * - `connected`: messages pass. A keepalive each 15 s; silence over two of them ends it.
 * - `stopped`: for good.
 *
 * From every state but `stopped` a failure leads to `waiting`, and `waiting` leads to `connecting`.
 */
export type LinkState =
  | { readonly kind: 'waiting'; readonly sinceMs: number; readonly untilMs: number; readonly reason: string }
  | { readonly kind: 'connecting'; readonly sinceMs: number; readonly endpoint: string }
  | { readonly kind: 'connected'; readonly sinceMs: number; readonly endpoint: string }
  | { readonly kind: 'stopped'; readonly sinceMs: number };

export interface EdgeHubOptions {
  readonly endpoints: readonly Endpoint[];
  readonly nodeName: string;
  readonly identity: HubIdentity;
  readonly capabilities: readonly Capability[];
  readonly maxMessageBytes: number;
  readonly messagesPerSecond: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stamps: MessageStamps;
  readonly random?: () => number;
  readonly onUp: (link: HubLink) => void;
  readonly onDown: () => void;
  readonly onMessage: (message: Message, link: HubLink) => void;
  readonly onBinary: (payload: Buffer, link: HubLink) => void;
  readonly onState?: (state: LinkState) => void;
  /** Replaced in tests. */
  readonly open?: (options: HubConnectionOptions, events: HubConnectionEvents) => (error: Fault) => void;
}

export const edgeHubTimings = {
  connectTimeoutMs: 15_000,
  retryInitialMs: 500,
  retryMaxMs: 30_000,
  retryJitter: 0.5,
  /** A link that stood this long was a good one: the next failure starts with short delays again. */
  stableMs: 10_000,
} as const;

const maxBufferedBytes = 32 << 20;

/** What a state leaves to the outside: how to leave it. */
interface State {
  /** Ends the state without a follower. */
  leave(): void;
  /** Connect anew now. */
  reconnect(reason: string): void;
}

export class EdgeHub implements Disposable {
  readonly #options: EdgeHubOptions;
  readonly #backoff: Backoff;
  #identity: HubIdentity;
  #current: State | undefined;
  #state: LinkState;
  #tries = 0;

  constructor(options: EdgeHubOptions) {
    this.#options = options;
    this.#identity = options.identity;
    this.#backoff = new Backoff({
      initialMs: edgeHubTimings.retryInitialMs,
      maxMs: edgeHubTimings.retryMaxMs,
      jitter: edgeHubTimings.retryJitter,
      random: options.random ?? Math.random,
    });
    this.#state = { kind: 'stopped', sinceMs: options.clock.now() };
  }

  get state(): LinkState {
    return this.#state;
  }

  start(): void {
    if (!this.#current) this.#connect();
  }

  /** From now on connects as this; a standing connection is made anew. */
  setIdentity(identity: HubIdentity): void {
    this.#identity = identity;
    this.#current?.reconnect('the certificate was renewed');
  }

  [Symbol.dispose](): void {
    const current = this.#current;
    this.#current = undefined;
    current?.leave();
    this.#enter({ kind: 'stopped', sinceMs: this.#options.clock.now() });
  }

  #enter(state: LinkState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }

  #wait(error: Fault): void {
    const { clock, logger } = this.#options;
    const offeredMs = error instanceof RefusedFault ? error.retryAfterMs : undefined;
    const delayMs = offeredMs ?? this.#backoff.next();
    const nowMs = clock.now();
    const timer = clock.after(delayMs, () => this.#connect());
    this.#current = {
      leave: () => timer.cancel(),
      reconnect: () => {
        timer.cancel();
        this.#connect();
      },
    };
    const reason = describeError(error);
    logger.warn('not connected to the cloud', {
      reason,
      hint: error.hint,
      retryInMs: Math.round(delayMs),
    });
    this.#enter({ kind: 'waiting', sinceMs: nowMs, untilMs: nowMs + delayMs, reason });
  }

  #connect(): void {
    const { clock, endpoints } = this.#options;
    const endpoint = endpoints[this.#tries++ % endpoints.length];
    if (!endpoint) return;
    let session: HubSession | undefined;
    const abort = this.#open(endpoint, {
      onOpen: (connection) => {
        deadline.cancel();
        session = this.#enterConnected(connection, endpoint, abort);
      },
      onText: (payload) => session?.receiveText(payload),
      onBinary: (payload) => session?.receiveBinary(payload),
      onClosed: (error) => {
        deadline.cancel();
        this.#leaveConnected(session);
        if (this.#current === state) this.#wait(error);
      },
    });
    const deadline = clock.after(edgeHubTimings.connectTimeoutMs, () => abort(timedOut(endpoint)));
    const state: State = {
      leave: () => abort(ended('edgecore stops')),
      reconnect: (reason) => {
        abort(ended(reason));
        this.#current?.reconnect(reason);
      },
    };
    this.#current = state;
    this.#enter({ kind: 'connecting', sinceMs: clock.now(), endpoint: formatEndpoint(endpoint) });
  }

  #open(endpoint: Endpoint, events: HubConnectionEvents): (error: Fault) => void {
    const { nodeName, capabilities, maxMessageBytes, open = openHubConnection } = this.#options;
    const identity = this.#identity;
    return open({ endpoint, nodeName, identity, capabilities, maxMessageBytes, maxBufferedBytes }, events);
  }

  #enterConnected(connection: HubConnection, endpoint: Endpoint, abort: (error: Fault) => void): HubSession {
    const { clock, logger, onUp } = this.#options;
    const session = new HubSession({ ...this.#options, connection, onFailed: abort });
    logger.info('connected to the cloud', {
      endpoint: formatEndpoint(endpoint),
      capabilities: [...connection.capabilities].join(','),
    });
    this.#enter({ kind: 'connected', sinceMs: clock.now(), endpoint: formatEndpoint(endpoint) });
    session.start();
    onUp(session);
    return session;
  }

  #leaveConnected(session: HubSession | undefined): void {
    if (!session) return;
    session.closed();
    const stoodMs = this.#options.clock.monotonic() - session.startedAtMs;
    if (stoodMs >= edgeHubTimings.stableMs) this.#backoff.reset();
    this.#options.onDown();
  }
}

function timedOut(endpoint: Endpoint): Fault {
  return new Fault('edgehub/unreachable', `the hub at ${formatEndpoint(endpoint)} did not answer in time`, {
    retryable: true,
  });
}

function ended(reason: string): Fault {
  return new Fault('edgehub/lost', reason, { retryable: true });
}
