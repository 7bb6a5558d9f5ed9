// All nodes with what is taken on them, as the informers show it and as the scheduler has decided since.
// Invariant: a pod is counted once, from the moment it is assumed or seen bound until it ends or is gone.

import type { Lister } from '@selvedge/client';
import type { KubeObject, Namespace, Node, Stored } from '@selvedge/kubernetes';
import { type PodRecord, podKey } from '../controllers/machinery/pod-record.ts';
import { NodeInfo, occupies } from './node-info.ts';

export interface ClusterListers {
  readonly pods: Lister<PodRecord>;
  readonly namespaces: Lister<Stored<Namespace>>;
  /** Persistent volume claims. */
  readonly claims: Lister<Stored<KubeObject>>;
}

/** room: something went away; company: a pod is new on its node or has other labels. */
export type PodChange = 'room' | 'company' | 'nothing';

export class ClusterState {
  readonly #nodes = new Map<string, NodeInfo>();
  /** The same nodes in an order that changes only with additions and removals, to walk from anywhere. */
  #order: NodeInfo[] = [];
  readonly #assumed = new Map<string, { pod: PodRecord; nodeName: string }>();
  /** Bound pods that keep other pods away by anti-affinity: few, and asked about for every pod. */
  readonly #repelling = new Map<string, PodRecord>();
  readonly #pods: Lister<PodRecord>;
  readonly #namespaces: Lister<Stored<Namespace>>;
  readonly #claims: Lister<Stored<KubeObject>>;

  constructor({ pods, namespaces, claims }: ClusterListers) {
    this.#pods = pods;
    this.#namespaces = namespaces;
    this.#claims = claims;
  }

  claim(namespace: string, name: string): Stored<KubeObject> | undefined {
    return this.#claims.get(`${namespace}/${name}`);
  }

  get nodes(): readonly NodeInfo[] {
    return this.#order;
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  namespace(name: string): Stored<Namespace> | undefined {
    return this.#namespaces.get(name);
  }

  allNamespaces(): Stored<Namespace>[] {
    return [...this.#namespaces.list()];
  }

  get repelling(): Iterable<PodRecord> {
    return this.#repelling.values();
  }

  /** Returns whether pods may fit that did not before. */
  setNode(node: Stored<Node>): boolean {
    const { name } = node.metadata;
    const known = this.#nodes.get(name);
    const info = known ?? new NodeInfo(name);
    if (!known) {
      this.#nodes.set(name, info);
      this.#order.push(info);
      for (const pod of this.#pods.byIndex('node', name)) if (occupies(pod)) info.add(pod);
    }
    return info.update(node) || !known;
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info) return;
    for (const pod of info.assumed) this.#assumed.delete(podKey(pod));
    this.#nodes.delete(name);
    this.#order = this.#order.filter((one) => one !== info);
  }

  /** A pod that was in the informer before its node was set, and has been counted with the node. */
  seed(pod: PodRecord): void {
    if (occupies(pod)) this.#noteRepelling(undefined, pod);
  }

  /** A pod changed from `old` to `pod`, as the informer shows it; returns what that means to pods that wait. */
  podChanged(old: PodRecord | undefined, pod: PodRecord | undefined): PodChange {
    const before = old && occupies(old) ? old : undefined;
    const after = pod && occupies(pod) ? pod : undefined;
    const key = before ?? after;
    if (!key) return 'nothing';
    if (after && !before) {
      const assumed = this.#assumed.get(podKey(after));
      if (assumed) this.forget(assumed.pod);
    }
    if (
      before === undefined ||
      after === undefined ||
      before.nodeName !== after.nodeName ||
      before.shape !== after.shape
    ) {
      if (before) this.#nodes.get(before.nodeName)?.remove(before);
      if (after) this.#nodes.get(after.nodeName)?.add(after);
    }
    this.#noteRepelling(before, after);
    if (before !== undefined && after === undefined) return 'room';
    return before === undefined || before.labels !== after?.labels ? 'company' : 'nothing';
  }

  /** Counts the pod on the node before its binding is written. */
  assume(pod: PodRecord, nodeName: string): void {
    const bound = { ...pod, nodeName };
    this.#assumed.set(podKey(pod), { pod: bound, nodeName });
    const info = this.#nodes.get(nodeName);
    info?.add(bound);
    info?.assumed.push(bound);
    this.#noteRepelling(undefined, bound);
  }

  isAssumed(key: string): boolean {
    return this.#assumed.has(key);
  }

  forget(pod: PodRecord): void {
    const assumed = this.#assumed.get(podKey(pod));
    if (!assumed) return;
    this.#assumed.delete(podKey(pod));
    const info = this.#nodes.get(assumed.nodeName);
    info?.remove(assumed.pod);
    const index = info?.assumed.indexOf(assumed.pod) ?? -1;
    if (index >= 0) info?.assumed.splice(index, 1);
    this.#noteRepelling(assumed.pod, undefined);
  }

  /** The pods that take room on a node, those assumed included. */
  *podsOn(node: NodeInfo): Generator<PodRecord> {
    for (const pod of this.#pods.byIndex('node', node.name)) if (occupies(pod)) yield pod;
    yield* node.assumed;
  }

  /** The pods of a namespace that take room on a node, those assumed included. */
  *podsIn(namespace: string): Generator<PodRecord> {
    for (const pod of this.#pods.byIndex('namespace', namespace)) if (occupies(pod)) yield pod;
    for (const { pod } of this.#assumed.values()) if (pod.namespace === namespace) yield pod;
  }

  #noteRepelling(before: PodRecord | undefined, after: PodRecord | undefined): void {
    const terms = (after ?? before)?.shape.affinity?.podAntiAffinity
      ?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!terms?.length) return;
    if (after) this.#repelling.set(podKey(after), after);
    else if (before) this.#repelling.delete(podKey(before));
  }
}
