// Events for `kubectl describe`: equal ones are counted instead of repeated, and a flood is cut, never waited for.

import { type Clock, describeError, type Logger } from '@selvedge/base';
import type { KubeClient } from '@selvedge/client';
import { type KubeObject, type ResourceType, resources } from '@selvedge/kubernetes';

export interface EventSubject {
  readonly type: Pick<ResourceType, 'group' | 'version' | 'kind'>;
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion?: string;
}

export interface EventInput {
  readonly subject: EventSubject;
  readonly component: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export const eventLimits = {
  /** Per component and object: so many at once, then one each five minutes (as client-go's spam filter). */
  burstPerObject: 25,
  refillPerObjectMs: 300_000,
  /** Over all objects: a mass creation must not be outnumbered by its events. */
  burst: 500,
  perSecond: 50,
  maxQueued: 1_000,
  maxRemembered: 4_096,
  maxMessageLength: 1_024,
  rememberMs: 600_000,
} as const;

interface Remembered {
  readonly name: string;
  count: number;
  lastMs: number;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #remembered = new Map<string, Remembered>();
  readonly #objects = new Map<string, { tokens: number; atMs: number }>();
  readonly #queue: Array<{ readonly event: EventInput; readonly atMs: number }> = [];
  #lastStamp = 0n;
  #tokens: number = eventLimits.burst;
  #refilledMs: number;
  #busy = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#refilledMs = options.clock.monotonic();
  }

  /** Returns at once; an event that exceeds a limit is dropped. */
  record(event: EventInput): void {
    if (this.#queue.length >= eventLimits.maxQueued || !this.#admit(event)) return;
    this.#queue.push({ event, atMs: this.#options.clock.now() });
    if (!this.#busy) void this.#drain();
  }

  #admit(event: EventInput): boolean {
    const nowMs = this.#options.clock.monotonic();
    const { burst, perSecond, burstPerObject, refillPerObjectMs } = eventLimits;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#refilledMs) / 1_000) * perSecond);
    this.#refilledMs = nowMs;
    if (this.#tokens < 1) return false;
    const key = `${event.component}/${event.subject.uid}`;
    const object = this.#objects.get(key) ?? { tokens: burstPerObject, atMs: nowMs };
    object.tokens = Math.min(burstPerObject, object.tokens + (nowMs - object.atMs) / refillPerObjectMs);
    object.atMs = nowMs;
    this.#objects.delete(key);
    this.#objects.set(key, object);
    forgetOldest(this.#objects, eventLimits.maxRemembered);
    if (object.tokens < 1) return false;
    object.tokens--;
    this.#tokens--;
    return true;
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { event, atMs } = next;
      try {
        await this.#write(event, atMs);
      } catch (error) {
        // An event is a courtesy: one that cannot be written (its namespace is going) must not hold up the next.
        this.#options.logger.debug('event not written', {
          reason: event.reason,
          error: describeError(error),
        });
      }
    }
    this.#busy = false;
  }

  async #write(event: EventInput, nowMs: number): Promise<void> {
    const { client } = this.#options;
    const key = JSON.stringify([event.component, event.subject.uid, event.type, event.reason, event.message]);
    const known = this.#remembered.get(key);
    if (known && nowMs - known.lastMs < eventLimits.rememberMs) {
      known.count++;
      known.lastMs = nowMs;
      const namespace = event.subject.namespace ?? 'default';
      const patch = { count: known.count, lastTimestamp: timestamp(nowMs) };
      await client.patch({ type: resources.events, namespace, name: known.name }, 'merge', patch);
      return;
    }
    const name = `${event.subject.name}.${this.#suffix(nowMs)}`;
    await client.create(resources.events, eventObject(event, name, nowMs));
    this.#remembered.delete(key);
    this.#remembered.set(key, { name, count: 1, lastMs: nowMs });
    forgetOldest(this.#remembered, eventLimits.maxRemembered);
  }

  /** Nanoseconds in hexadecimal digits, as other components name their events: sorted by name, they are sorted by time. */
  #suffix(nowMs: number): string {
    const stamp = BigInt(nowMs) * 1_000_000n + BigInt(Math.floor(this.#options.random() * 1_000_000));
    this.#lastStamp = stamp > this.#lastStamp ? stamp : this.#lastStamp + 1n;
    return this.#lastStamp.toString(16);
  }
}

function eventObject(event: EventInput, name: string, nowMs: number): KubeObject {
  const { subject } = event;
  const { group, version, kind } = subject.type;
  return {
    metadata: { name, namespace: subject.namespace ?? 'default' },
    involvedObject: {
      kind,
      apiVersion: group === '' ? version : `${group}/${version}`,
      name: subject.name,
      uid: subject.uid,
      ...(subject.namespace ? { namespace: subject.namespace } : {}),
      ...(subject.resourceVersion ? { resourceVersion: subject.resourceVersion } : {}),
    },
    type: event.type,
    reason: event.reason,
    message: event.message.slice(0, eventLimits.maxMessageLength),
    source: { component: event.component },
    reportingComponent: event.component,
    firstTimestamp: timestamp(nowMs),
    lastTimestamp: timestamp(nowMs),
    count: 1,
  };
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function forgetOldest(map: Map<string, unknown>, max: number): void {
  while (map.size > max) {
    const oldest = map.keys().next().value;
    if (oldest === undefined) return;
    map.delete(oldest);
  }
}
