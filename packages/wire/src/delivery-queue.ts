// Acknowledged delivery to one node, as a pure state machine: the caller adds messages, feeds acknowledgements and time,
// and sends what `poll` returns. One queue serves both rules: KubeEdge's one message in flight, and ours with a window.

import type { Message } from './message.ts';
import { compareResourceVersions } from './resource-version.ts';
import { operation } from './vocabulary.ts';

export interface DeliveryRules {
  /** Messages that may wait for their acknowledgement at the same time. */
  readonly window: number;
  /** A newer version of an object goes out at once, or only after the one in flight is acknowledged. */
  readonly supersedeInFlight: boolean;
  readonly resendAfterMs: number;
  /** Sends before an object steps back behind the others. */
  readonly maxSends: number;
  readonly restInitialMs: number;
  readonly restMaxMs: number;
}

/** What Go CloudHub does: strictly one in flight, resent every 5 s, after 5 sends back to the end of the queue. */
export const kubeEdgeRules: DeliveryRules = {
  window: 1,
  supersedeInFlight: false,
  resendAfterMs: 5_000,
  maxSends: 5,
  restInitialMs: 5_000,
  restMaxMs: 300_000,
};

/** Capability `pipeline`: the connection keeps order and loses nothing, so a resend only helps an edge that failed to store. */
export const pipelineRules: DeliveryRules = {
  window: 64,
  supersedeInFlight: true,
  resendAfterMs: 60_000,
  maxSends: 3,
  restInitialMs: 5_000,
  restMaxMs: 300_000,
};

export interface QueuedDelivery {
  readonly message: Message;
  /** The object's uid; '' for stubs, which the message's resource then tells apart. */
  readonly uid: string;
  /** Called when the node has stored it; not for one that a newer delivery of the object has replaced. */
  readonly onAcknowledged?: () => void;
}

interface Entry {
  readonly key: string;
  delivery: QueuedDelivery;
  /** A newer version that waits for the one in flight. */
  next: QueuedDelivery | undefined;
  sends: number;
  rests: number;
  /** When to send again, for one in flight; when to start again, for one that rests. */
  dueMs: number;
  inFlight: boolean;
}

export class DeliveryQueue {
  readonly #rules: DeliveryRules;
  /** In the order of sending. Absent while there is nothing to deliver: most nodes, most of the time. */
  #entries: Map<string, Entry> | undefined;
  #inFlight: Map<string, Entry> | undefined;

  constructor(rules: DeliveryRules) {
    this.#rules = rules;
  }

  /** Objects that are not acknowledged yet. */
  get size(): number {
    return this.#entries?.size ?? 0;
  }

  /** Whether the delivery was taken: an older version than the queued one, or an update after a delete, is not. */
  add(delivery: QueuedDelivery): boolean {
    const key = delivery.uid || delivery.message.route.resource;
    this.#cancelDeleteBefore(delivery);
    this.#entries ??= new Map();
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, {
        key,
        delivery,
        next: undefined,
        sends: 0,
        rests: 0,
        dueMs: 0,
        inFlight: false,
      });
      return true;
    }
    if (!replaces(delivery.message, (entry.next ?? entry.delivery).message)) return false;
    if (!entry.inFlight) {
      entry.delivery = delivery;
    } else if (this.#rules.supersedeInFlight) {
      this.#land(entry);
      entry.delivery = delivery;
      entry.sends = 0;
    } else {
      entry.next = delivery;
    }
    return true;
  }

  /**
   * A delete without uid means whatever has the name. Sent again after an object of that name was stored, it would mean the
   * new one: from here on the new object itself is what takes the old one's place.
   */
  #cancelDeleteBefore({ uid, message }: QueuedDelivery): void {
    if (uid === '' || message.route.operation === operation.delete) return;
    const unbound = this.#entries?.get(message.route.resource);
    if (unbound?.delivery.message.route.operation !== operation.delete) return;
    this.#land(unbound);
    this.#entries?.delete(unbound.key);
  }

  /** Takes an acknowledgement; whether it was for something in flight. */
  acknowledge(messageId: string): boolean {
    const entry = this.#inFlight?.get(messageId);
    if (!entry) return false;
    const { delivery, next } = entry;
    this.#land(entry);
    this.#entries?.delete(entry.key);
    if (next) this.#entries?.set(entry.key, fresh(entry.key, next));
    if (this.#entries?.size === 0) this.#entries = undefined;
    delivery.onAcknowledged?.();
    return true;
  }

  /** The node could not store it: it rests before it is sent again. */
  refuse(messageId: string, nowMs: number): boolean {
    const entry = this.#inFlight?.get(messageId);
    if (!entry) return false;
    this.#rest(entry, nowMs);
    return true;
  }

  /** What to send now: new messages as far as the window allows, and resends that are due. */
  poll(nowMs: number): Message[] {
    const due: Message[] = [];
    if (!this.#entries) return due;
    for (const entry of [...(this.#inFlight?.values() ?? [])]) {
      if (entry.dueMs > nowMs) continue;
      if (entry.sends >= this.#rules.maxSends) this.#rest(entry, nowMs);
      else due.push(this.#send(entry, nowMs));
    }
    for (const entry of this.#entries.values()) {
      if ((this.#inFlight?.size ?? 0) >= this.#rules.window) break;
      if (!entry.inFlight && entry.dueMs <= nowMs) due.push(this.#send(entry, nowMs));
    }
    return due;
  }

  #send(entry: Entry, nowMs: number): Message {
    const { message } = entry.delivery;
    entry.sends++;
    entry.inFlight = true;
    entry.dueMs = nowMs + this.#rules.resendAfterMs;
    this.#inFlight ??= new Map();
    this.#inFlight.set(message.header.msg_id, entry);
    return message;
  }

  #land(entry: Entry): void {
    this.#inFlight?.delete(entry.delivery.message.header.msg_id);
    if (this.#inFlight?.size === 0) this.#inFlight = undefined;
    entry.inFlight = false;
    entry.dueMs = 0;
  }

  #rest(entry: Entry, nowMs: number): void {
    this.#land(entry);
    const { restInitialMs, restMaxMs } = this.#rules;
    entry.delivery = entry.next ?? entry.delivery;
    entry.next = undefined;
    entry.sends = 0;
    entry.dueMs = nowMs + Math.min(restMaxMs, restInitialMs * 2 ** Math.min(entry.rests, 20));
    entry.rests++;
    this.#entries?.delete(entry.key);
    this.#entries?.set(entry.key, entry);
  }
}

function fresh(key: string, delivery: QueuedDelivery): Entry {
  return { key, delivery, next: undefined, sends: 0, rests: 0, dueMs: 0, inFlight: false };
}

/** KubeEdge's rule: a queued delete stays, a delete replaces anything, otherwise the older version gives way. */
function replaces(candidate: Message, queued: Message): boolean {
  if (queued.route.operation === operation.delete) return false;
  if (candidate.route.operation === operation.delete) return true;
  return compareResourceVersions(candidate.header.resourceversion, queued.header.resourceversion) >= 0;
}
