// What passes over one standing connection: messages in and out, keepalive, and noticing when the other end is gone.

import { type Clock, describeError, Fault, type Logger, type TimerHandle } from '@selvedge/base';
import {
  type Capability,
  decodeMessage,
  encodeMessage,
  keepaliveMessage,
  type Message,
  type MessageStamps,
  operation,
} from '@selvedge/wire';
import type { HubConnection } from './hub-connection.ts';
import { RateLimiter } from './rate-limiter.ts';

/** A standing connection, for as long as it stands; afterwards what is sent is dropped. */
export interface HubLink {
  readonly capabilities: ReadonlySet<Capability>;
  send(message: Message): void;
  sendBinary(payload: Buffer): void;
  /** The other end broke the rules: ends the connection. */
  fail(reason: string): void;
}

export interface HubSessionOptions {
  readonly connection: HubConnection;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stamps: MessageStamps;
  readonly messagesPerSecond: number;
  readonly maxMessageBytes: number;
  readonly onMessage: (message: Message, link: HubLink) => void;
  readonly onBinary: (payload: Buffer, link: HubLink) => void;
  readonly onFailed: (error: Fault) => void;
}

/** As KubeEdge's `edgeHub.heartbeat`; its clouds give up after twice that. */
const keepaliveMs = 15_000;
const maxWaitingMessages = 4_096;

export class HubSession implements HubLink {
  readonly startedAtMs: number;
  readonly #options: HubSessionOptions;
  readonly #limiter: RateLimiter;
  #timer: TimerHandle | undefined;
  #receivedBefore = -1;
  #closed = false;

  constructor(options: HubSessionOptions) {
    this.#options = options;
    this.startedAtMs = options.clock.monotonic();
    this.#limiter = new RateLimiter({
      clock: options.clock,
      perSecond: options.messagesPerSecond,
      burst: options.messagesPerSecond * 2,
      maxWaiting: maxWaitingMessages,
      onOverflow: () => this.fail('too many messages wait to be sent'),
    });
  }

  get capabilities(): ReadonlySet<Capability> {
    return this.#options.connection.capabilities;
  }

  start(): void {
    this.#keepAlive();
  }

  send(message: Message): void {
    if (this.#closed) return;
    const isReply =
      message.route.operation === operation.response || message.route.operation === operation.error;
    const text = encodeMessage(message);
    if (isReply) this.#options.connection.sendText(text);
    else this.#limiter.submit(() => this.#options.connection.sendText(text));
  }

  sendBinary(payload: Buffer): void {
    if (!this.#closed) this.#options.connection.sendBinary(payload);
  }

  fail(reason: string): void {
    this.#options.onFailed(new Fault('edgehub/lost', reason, { retryable: true }));
  }

  receiveText(payload: Buffer): void {
    const { logger, onMessage, maxMessageBytes } = this.#options;
    let message: Message;
    try {
      message = decodeMessage(payload, { maxBytes: maxMessageBytes });
    } catch (error) {
      // One bad message says nothing about the next.
      logger.warn('message from the cloud can not be read', { error: describeError(error) });
      return;
    }
    onMessage(message, this);
  }

  receiveBinary(payload: Buffer): void {
    this.#options.onBinary(payload, this);
  }

  /** The connection is gone: nothing is sent and no timer runs any more. */
  closed(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#limiter[Symbol.dispose]();
  }

  /** KubeEdge's clouds look for the message; the ping asks for a sign of life that no cloud sends by itself. */
  #keepAlive(): void {
    const { connection, clock, stamps } = this.#options;
    if (connection.receivedBytes === this.#receivedBefore) {
      this.fail(`the cloud has been silent for ${keepaliveMs} ms`);
      return;
    }
    this.#receivedBefore = connection.receivedBytes;
    connection.sendText(encodeMessage(keepaliveMessage(stamps)));
    connection.ping();
    this.#timer = clock.after(keepaliveMs, () => this.#keepAlive());
  }
}
