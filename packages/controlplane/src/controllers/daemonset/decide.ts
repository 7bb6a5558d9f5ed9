// Which pods a daemon set creates and deletes, node by node, and its status. Pure.

import type { DaemonSet, Node, Stored } from '@selvedge/kubernetes';
import { share } from '../deployment/rolling.ts';
import { isAvailable, type PodRecord } from '../machinery/pod-record.ts';
import { fitOf, nodeOf, revisionLabel } from './placement.ts';

/** At most so many pods are created or deleted in one go. */
const burst = 250;

export interface DaemonInput {
  readonly daemonSet: Stored<DaemonSet>;
  readonly nodes: Iterable<Stored<Node>>;
  readonly pods: readonly PodRecord[];
  /** The hash of the template as it is now. */
  readonly hash: string;
  readonly nowMs: number;
}

export interface DaemonDecision {
  /** Names of nodes that need a pod. */
  readonly create: readonly string[];
  readonly remove: readonly PodRecord[];
  readonly status: DaemonStatus;
}

export interface DaemonStatus {
  readonly currentNumberScheduled: number;
  readonly desiredNumberScheduled: number;
  readonly numberMisscheduled: number;
  readonly numberReady: number;
  readonly observedGeneration: number;
  readonly updatedNumberScheduled: number;
  readonly numberAvailable: number;
  readonly numberUnavailable: number;
}

interface Place {
  readonly node: string;
  readonly run: boolean;
  readonly stay: boolean;
  readonly pods: readonly PodRecord[];
}

export function decideDaemons(input: DaemonInput): DaemonDecision {
  const { daemonSet } = input;
  const places = placesOf(input);
  const known = new Set(places.map((place) => place.node));
  const create: string[] = [];
  const remove = input.pods.filter(
    (pod) => pod.deletedMs === 0 && !pod.nodeName && !known.has(nodeOf(pod) ?? ''),
  );
  const surge = surgeOf(daemonSet);
  for (const place of places) {
    const alive = place.pods.filter((pod) => pod.deletedMs === 0);
    if (!place.stay) {
      remove.push(...alive);
      continue;
    }
    const failed = alive.filter((pod) => pod.phase === 'Failed' || pod.phase === 'Succeeded');
    const running = alive.filter((pod) => !failed.includes(pod));
    remove.push(...failed, ...surplus(running, surge > 0 ? input.hash : undefined));
    // A pod that is on its way out still holds its place: the next one comes when it is gone.
    if (place.run && place.pods.length === 0) create.push(place.node);
  }
  const update = decideUpdate(input, places);
  return {
    create: [...create, ...update.create].slice(0, burst),
    remove: [...new Set([...remove, ...update.remove])].slice(0, burst),
    status: decideStatus(input, places),
  };
}

function placesOf({ daemonSet, nodes, pods }: DaemonInput): Place[] {
  const byNode = new Map<string, PodRecord[]>();
  for (const pod of pods) {
    const node = nodeOf(pod);
    if (node === undefined) continue;
    const list = byNode.get(node);
    if (list) list.push(pod);
    else byNode.set(node, [pod]);
  }
  const places: Place[] = [];
  for (const node of nodes) {
    const here = byNode.get(node.metadata.name) ?? [];
    const fit = fitOf(daemonSet, node);
    if (fit.run || here.length > 0) places.push({ node: node.metadata.name, ...fit, pods: here });
  }
  return places;
}

/** Of several pods on one node the best one stays; during a surge one of the old template and one of the new. */
function surplus(pods: readonly PodRecord[], newHash: string | undefined): PodRecord[] {
  if (newHash === undefined) return rank(pods).slice(1);
  const isNew = (pod: PodRecord) => pod.labels[revisionLabel] === newHash;
  return [...rank(pods.filter(isNew)).slice(1), ...rank(pods.filter((pod) => !isNew(pod))).slice(1)];
}

function rank(pods: readonly PodRecord[]): PodRecord[] {
  const score = (pod: PodRecord) => (pod.nodeName === '' ? 2 : 0) + (pod.readySinceMs > 0 ? 0 : 1);
  return [...pods].sort((left, right) => score(left) - score(right) || left.createdMs - right.createdMs);
}

function decideUpdate(
  input: DaemonInput,
  places: readonly Place[],
): { create: string[]; remove: PodRecord[] } {
  const { daemonSet } = input;
  if (daemonSet.spec?.updateStrategy?.type === 'OnDelete') return { create: [], remove: [] };
  const wanted = places.filter((place) => place.run);
  const surge = surgeOf(daemonSet, wanted.length);
  return surge > 0 ? surgeUpdate(input, wanted, surge) : replaceUpdate(input, wanted);
}

/** Old pods that do not work are replaced at once, others as long as few enough are missing. */
function replaceUpdate(
  input: DaemonInput,
  wanted: readonly Place[],
): { create: string[]; remove: PodRecord[] } {
  const { daemonSet, hash } = input;
  const rolling = daemonSet.spec?.updateStrategy?.rollingUpdate;
  const maxUnavailable = Math.max(1, share(rolling?.maxUnavailable ?? 1, wanted.length, Math.ceil));
  const remove: PodRecord[] = [];
  const candidates: PodRecord[] = [];
  let unavailable = 0;
  for (const place of wanted) {
    const pods = place.pods.filter((pod) => pod.deletedMs === 0);
    if (!pods.some((pod) => works(input, pod))) unavailable++;
    for (const pod of pods) {
      if (pod.labels[revisionLabel] === hash) continue;
      if (works(input, pod)) candidates.push(pod);
      else remove.push(pod);
    }
  }
  return {
    create: [],
    remove: [...remove, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))],
  };
}

/** The new pod comes first; the old one goes when the new one works. */
function surgeUpdate(
  input: DaemonInput,
  wanted: readonly Place[],
  maxSurge: number,
): { create: string[]; remove: PodRecord[] } {
  const create: string[] = [];
  const remove: PodRecord[] = [];
  const candidates: string[] = [];
  let surging = 0;
  for (const { node, pods } of wanted) {
    const alive = pods.filter((pod) => pod.deletedMs === 0);
    const fresh = alive.find((pod) => pod.labels[revisionLabel] === input.hash);
    const old = alive.find((pod) => pod.labels[revisionLabel] !== input.hash);
    if (!old) continue;
    if (fresh) {
      if (works(input, fresh)) remove.push(old);
      else surging++;
    } else if (!works(input, old)) create.push(node);
    else candidates.push(node);
  }
  return { create: [...create, ...candidates.slice(0, Math.max(0, maxSurge - surging))], remove };
}

function works({ daemonSet, nowMs }: DaemonInput, pod: PodRecord): boolean {
  return isAvailable(pod, daemonSet.spec?.minReadySeconds ?? 0, nowMs);
}

function surgeOf(daemonSet: DaemonSet, total = 100): number {
  return share(daemonSet.spec?.updateStrategy?.rollingUpdate?.maxSurge ?? 0, total, Math.ceil);
}

function decideStatus(input: DaemonInput, places: readonly Place[]): DaemonStatus {
  let [current, desired, misscheduled, ready, updated, available] = [0, 0, 0, 0, 0, 0];
  for (const place of places) {
    const [best] = rank(place.pods);
    if (!place.run) {
      if (best) misscheduled++;
      continue;
    }
    desired++;
    if (!best) continue;
    current++;
    if (best.readySinceMs > 0) ready++;
    if (works(input, best)) available++;
    if (place.pods.some((pod) => pod.labels[revisionLabel] === input.hash)) updated++;
  }
  return {
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    observedGeneration: input.daemonSet.metadata.generation ?? 0,
    updatedNumberScheduled: updated,
    numberAvailable: available,
    numberUnavailable: desired - available,
  };
}

/** The status to write, or undefined where the server has it already. */
export function statusPatch(daemonSet: Stored<DaemonSet>, status: DaemonStatus): object | undefined {
  const present = (daemonSet.status ?? {}) as unknown as Record<string, unknown>;
  const same = Object.entries(status).every(([field, value]) => (present[field] ?? 0) === value);
  if (same && daemonSet.status) return undefined;
  const { updatedNumberScheduled, numberAvailable, numberUnavailable, ...always } = status;
  return {
    status: {
      ...always,
      updatedNumberScheduled: updatedNumberScheduled || null,
      numberAvailable: numberAvailable || null,
      numberUnavailable: numberUnavailable || null,
    },
  };
}
