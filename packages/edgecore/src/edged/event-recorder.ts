// Events about pods and the node, as a kubelet writes them: the same event again only raises its count.

import type { Clock } from '@selvedge/base';
import type { Event } from '@selvedge/kubernetes';
import {
  type ContainerKind,
  type EdgePod,
  findContainer,
  kubernetesTime,
  namespaceOf,
} from './pods/pod-spec.ts';

export type EventType = 'Normal' | 'Warning';

/** Where a container stands in its pod's specification. */
const fieldOf: Record<ContainerKind, string> = {
  init: 'initContainers',
  app: 'containers',
  ephemeral: 'ephemeralContainers',
};

export interface EventRecorderOptions {
  readonly clock: Clock;
  readonly nodeName: string;
  readonly send: (event: Event) => void;
}

interface Recorded {
  readonly event: Event;
  readonly lastMs: number;
}

const sameEventMs = 600_000;
const maxRemembered = 512;
const maxMessageLength = 1_024;
/** An object that causes events without end is cut to this burst and rate. */
const burstPerObject = 25;
const refillMs = 300_000;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #recorded = new Map<string, Recorded>();
  readonly #budgets = new Map<string, { tokens: number; atMs: number }>();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  pod(pod: EdgePod, type: EventType, reason: string, message: string, containerName?: string): void {
    const found = containerName === undefined ? undefined : findContainer(pod, containerName);
    const field = fieldOf[found?.kind ?? 'app'];
    this.#record(type, reason, message, {
      kind: 'Pod',
      namespace: namespaceOf(pod),
      name: pod.metadata.name,
      uid: pod.metadata.uid,
      apiVersion: 'v1',
      resourceVersion: pod.metadata.resourceVersion,
      ...(containerName !== undefined && { fieldPath: `spec.${field}{${containerName}}` }),
    });
  }

  node(type: EventType, reason: string, message: string): void {
    const { nodeName } = this.#options;
    this.#record(type, reason, message, { kind: 'Node', name: nodeName, uid: nodeName });
  }

  #record(type: EventType, reason: string, message: string, about: Event['involvedObject']): void {
    const { clock, nodeName, send } = this.#options;
    const nowMs = clock.now();
    const text = message.slice(0, maxMessageLength);
    const key = [about.uid, about.fieldPath, type, reason, text].join('\n');
    const before = this.#recorded.get(key);
    if (!this.#take(`${about.kind}/${about.uid}`, nowMs)) return;
    const again = before && nowMs - before.lastMs < sameEventMs ? before.event : undefined;
    const time = kubernetesTime(nowMs);
    const event: Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: again?.metadata ?? {
        name: `${about.name}.${(BigInt(nowMs) * 1_000_000n + BigInt(this.#recorded.size)).toString(16)}`,
        namespace: about.namespace ?? 'default',
      },
      involvedObject: about,
      reason,
      message: text,
      source: { component: 'kubelet', host: nodeName },
      reportingComponent: 'kubelet',
      reportingInstance: nodeName,
      firstTimestamp: again?.firstTimestamp ?? time,
      lastTimestamp: time,
      count: (again?.count ?? 0) + 1,
      type,
    };
    this.#recorded.delete(key);
    this.#recorded.set(key, { event, lastMs: nowMs });
    dropOldest(this.#recorded);
    send(event);
  }

  #take(object: string, nowMs: number): boolean {
    const budget = this.#budgets.get(object) ?? { tokens: burstPerObject, atMs: nowMs };
    const tokens = Math.min(burstPerObject, budget.tokens + (nowMs - budget.atMs) / refillMs);
    this.#budgets.delete(object);
    this.#budgets.set(object, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs });
    dropOldest(this.#budgets);
    return tokens >= 1;
  }
}

function dropOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    if (map.size <= maxRemembered) return;
    map.delete(key);
  }
}
