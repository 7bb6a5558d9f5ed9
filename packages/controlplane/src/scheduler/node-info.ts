// What the scheduler knows of one node: what it offers and what its pods have taken, kept up by additions and removals.

import type { Node, Stored, Taint } from '@selvedge/kubernetes';
import type { Labels } from '../controllers/machinery/label-selector.ts';
import { isFinished, type PodRecord } from '../controllers/machinery/pod-record.ts';
import { amountsOf, type HostPort } from '../controllers/machinery/pod-shape.ts';

export class NodeInfo {
  readonly name: string;
  labels: Labels = {};
  taints: readonly Taint[] = [];
  unschedulable = false;
  allocatable: Readonly<Record<string, number>> = {};
  /** Sums over the node's pods, `pods` among them. */
  readonly requested: Record<string, number> = {};
  scoredCpu = 0;
  scoredMemory = 0;
  /** Undefined where no pod takes a port of the node. */
  hostPorts: HostPort[] | undefined;
  /** Pods given to the node whose binding the informer has not shown yet. */
  assumed: PodRecord[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Takes over what the node object says; true where a pod that did not fit might fit now. */
  update(node: Stored<Node>): boolean {
    const before = [this.labels, this.taints, this.unschedulable, this.allocatable];
    this.labels = node.metadata.labels ?? {};
    this.taints = node.spec?.taints ?? [];
    this.unschedulable = node.spec?.unschedulable ?? false;
    this.allocatable = amountsOf(node.status?.allocatable);
    const after = [this.labels, this.taints, this.unschedulable, this.allocatable];
    return JSON.stringify(before) !== JSON.stringify(after);
  }

  add(pod: PodRecord): void {
    this.#count(pod, 1);
    if (pod.shape.hostPorts.length > 0) this.hostPorts = [...(this.hostPorts ?? []), ...pod.shape.hostPorts];
  }

  remove(pod: PodRecord): void {
    this.#count(pod, -1);
    for (const port of pod.shape.hostPorts) {
      const index = this.hostPorts?.findIndex((one) => samePort(one, port)) ?? -1;
      if (index >= 0) this.hostPorts?.splice(index, 1);
    }
    if (this.hostPorts?.length === 0) this.hostPorts = undefined;
  }

  #count(pod: PodRecord, sign: 1 | -1): void {
    const { requests, scoredRequests } = pod.shape;
    for (const resource in requests) {
      this.requested[resource] = (this.requested[resource] ?? 0) + sign * (requests[resource] ?? 0);
    }
    this.scoredCpu += sign * scoredRequests.cpu;
    this.scoredMemory += sign * scoredRequests.memory;
  }
}

/** Whether the pod takes room on its node. */
export function occupies(pod: PodRecord): boolean {
  return pod.nodeName !== '' && !isFinished(pod);
}

function samePort(left: HostPort, right: HostPort): boolean {
  return left.port === right.port && left.protocol === right.protocol && left.ip === right.ip;
}
