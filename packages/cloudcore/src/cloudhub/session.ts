// One node's session in the core: its delivery queue, its streams, and what waits while the node does not keep up.
// No timer of its own: the hub's ticker and the hub's next turn send what is due.

import { Fault, type Logger } from '@selvedge/base';
import { closeCode } from '@selvedge/base/websocket';
import {
  type Capability,
  capability,
  DeliveryQueue,
  encodeMessage,
  kubeEdgeRules,
  type Message,
  operation,
  pipelineRules,
} from '@selvedge/wire';
import type { Delivery, NodeSession, NodeStream } from './hub.ts';
import type { HubCounters } from './hub-counters.ts';
import { SessionStreams } from './session-streams.ts';
import { encodeClose, encodeRecord, recordKind } from './shard/record.ts';
import type { ShardLink } from './shard-group.ts';

export interface SessionOwner {
  readonly counters: HubCounters;
  readonly logger: Logger;
  /** Has `pump` called soon. */
  schedule(session: Session): void;
}

export interface SessionFields {
  readonly node: string;
  readonly id: number;
  readonly capabilities: ReadonlySet<Capability>;
  readonly connectedAtMs: number;
  readonly shard: ShardLink;
  readonly connection: number;
  /** Of the certificate that the connection began with: the session ends with it. */
  readonly certificateExpiresAtMs: number;
}

/** Unacknowledged messages that wait while a node does not keep up. KubeEdge's edges hold a hundred themselves. */
const maxHeldMessages = 100;

export class Session implements NodeSession {
  readonly node: string;
  readonly id: number;
  readonly capabilities: ReadonlySet<Capability>;
  readonly connectedAtMs: number;
  readonly shard: ShardLink;
  readonly connection: number;
  readonly certificateExpiresAtMs: number;
  readonly #owner: SessionOwner;
  readonly #queue: DeliveryQueue;
  #open = true;
  #congested = false;
  #held: Message[] | undefined;
  #streams: SessionStreams | undefined;

  constructor(owner: SessionOwner, fields: SessionFields) {
    this.#owner = owner;
    this.node = fields.node;
    this.id = fields.id;
    this.capabilities = fields.capabilities;
    this.connectedAtMs = fields.connectedAtMs;
    this.shard = fields.shard;
    this.connection = fields.connection;
    this.certificateExpiresAtMs = fields.certificateExpiresAtMs;
    this.#queue = new DeliveryQueue(
      fields.capabilities.has(capability.pipeline) ? pipelineRules : kubeEdgeRules,
    );
  }

  get open(): boolean {
    return this.#open;
  }

  get pending(): number {
    return this.#queue.size;
  }

  send(message: Message): void {
    if (!this.#open) return;
    if (this.#congested) this.#hold(message);
    else this.#owner.counters.bytes.reply += this.#transmit(message);
  }

  #hold(message: Message): void {
    this.#held ??= [];
    this.#held.push(message);
    if (this.#held.length <= maxHeldMessages) return;
    const dropped = this.#held.shift();
    this.#owner.counters.droppedMessages++;
    this.#owner.logger.warn('message dropped: the node does not keep up', {
      node: this.node,
      resource: dropped?.route.resource,
    });
  }

  #transmit(message: Message): number {
    const text = encodeMessage(message);
    this.shard.send(encodeRecord(recordKind.sendText, this.connection, text));
    this.#owner.counters.messagesToNodes++;
    return text.length;
  }

  deliver(message: Message, delivery: Delivery): void {
    if (!this.#open) return;
    if (this.#queue.add({ message, uid: delivery.uid, onAcknowledged: delivery.onAcknowledged })) {
      this.#owner.counters.deliveries++;
      this.#owner.schedule(this);
    }
  }

  /** Sends what is due; whether deliveries remain that time will make due. */
  pump(nowMs: number): boolean {
    if (!this.#open) return false;
    if (!this.#congested && !this.shard.congested) {
      for (const message of this.#queue.poll(nowMs)) {
        this.#owner.counters.deliverySends++;
        this.#owner.counters.bytes.delivery += this.#transmit(message);
      }
    }
    return this.#queue.size > 0;
  }

  /** Takes an acknowledgement, or a refusal, of a delivery; whether the message was one. */
  settle(message: Message, nowMs: number): boolean {
    const parent = message.header.parent_msg_id;
    if (parent === undefined) return false;
    if (message.route.operation === operation.error) {
      if (!this.#queue.refuse(parent, nowMs)) return false;
      this.#owner.counters.refusedDeliveries++;
      this.#owner.logger.warn('a node could not store a delivery', {
        node: this.node,
        resource: message.route.resource,
        reason: typeof message.content === 'string' ? message.content : undefined,
      });
      return true;
    }
    if (message.route.operation !== operation.response || !this.#queue.acknowledge(parent)) return false;
    this.#owner.counters.acknowledgements++;
    if (this.#queue.size > 0) this.#owner.schedule(this);
    return true;
  }

  setCongested(congested: boolean): void {
    this.#congested = congested;
    if (congested) return;
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) this.send(message);
    this.#owner.schedule(this);
  }

  openStream(): NodeStream {
    if (!this.#open || !this.capabilities.has(capability.streams)) {
      throw new Fault(
        'cloudhub/no-streams',
        `node ${this.node} is not connected by a link that carries streams`,
      );
    }
    this.#streams ??= new SessionStreams((frame) => {
      this.#owner.counters.bytes.stream += frame.length;
      this.shard.send(encodeRecord(recordKind.sendBinary, this.connection, frame));
    });
    return this.#streams.open();
  }

  /** Takes a binary frame from the node. */
  receiveStreamFrame(frame: Buffer): void {
    this.#owner.counters.bytes.stream += frame.length;
    // Without an open stream nothing but late frames can come; those of a node that never had one are a violation.
    const problem = this.#streams ? this.#streams.receive(frame) : 'stream frames came without a stream';
    if (problem !== undefined) this.closeWith(closeCode.protocolError, problem);
  }

  close(reason: string): void {
    this.closeWith(closeCode.normal, reason);
  }

  closeWith(code: number, reason: string): void {
    this.shard.send(encodeClose(this.connection, code, reason));
  }

  /** The hub took the session out: nothing of it lives on. */
  finish(reason: string): void {
    this.#open = false;
    this.#held = undefined;
    this.#streams?.abort(reason);
    this.#streams = undefined;
  }
}
