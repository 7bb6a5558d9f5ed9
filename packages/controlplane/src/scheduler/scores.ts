// How good a node that fits is for a pod: 0 to 100 from each scorer, weighted as Kubernetes weighs them. Pure over the cluster state.

import { controllerOf, type PodRecord } from '../controllers/machinery/pod-record.ts';
import { tolerates } from '../controllers/machinery/taints.ts';
import type { ClusterState } from './cluster-state.ts';
import { matchesTerm } from './node-affinity.ts';
import type { NodeInfo } from './node-info.ts';
import { compileTerm, domainsOf } from './pod-affinity.ts';
import { constraintsOf, countDomains, selectorOf } from './topology-spread.ts';

type Scorer = (node: NodeInfo) => number;

interface Weighted {
  readonly weight: number;
  readonly score: Scorer;
  /** How raw scores become 0 to 100: as they are, in proportion to the highest, or the other way round. */
  readonly scale: 'none' | 'highest' | 'reverse';
}

/** The total score of each node, in the order given. */
export function scoreNodes(pod: PodRecord, nodes: readonly NodeInfo[], state: ClusterState): number[] {
  const totals = nodes.map(() => 0);
  for (const { weight, score, scale } of scorersFor(pod, state)) {
    const raw = nodes.map(score);
    const highest = scale === 'none' ? 100 : Math.max(0, ...raw);
    for (const [index, value] of raw.entries()) {
      const part = highest === 0 ? 0 : (value * 100) / highest;
      const scaled = scale === 'reverse' ? (highest === 0 ? 100 : 100 - part) : part;
      totals[index] = (totals[index] ?? 0) + weight * scaled;
    }
  }
  return totals;
}

function scorersFor(pod: PodRecord, state: ClusterState): Weighted[] {
  const scorers: Weighted[] = [
    { weight: 1, scale: 'none', score: (node) => leastAllocated(pod, node) },
    { weight: 1, scale: 'none', score: (node) => balancedAllocation(pod, node) },
    { weight: 3, scale: 'reverse', score: (node) => softTaints(pod, node) },
  ];
  const preferred = pod.shape.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
  if (preferred?.length) {
    const score: Scorer = (node) =>
      preferred.reduce((sum, one) => sum + (matchesTerm(one.preference, node) ? one.weight : 0), 0);
    scorers.push({ weight: 2, scale: 'highest', score });
  }
  const soft = softSpread(pod, state) ?? siblings(pod, state);
  if (soft) scorers.push({ weight: 2, scale: 'reverse', score: soft });
  const drawn = preferredPodAffinity(pod, state);
  if (drawn) scorers.push({ weight: 2, scale: 'none', score: drawn });
  return scorers;
}

/** More room left is better. */
function leastAllocated(pod: PodRecord, node: NodeInfo): number {
  const cpu = share(node.scoredCpu + pod.shape.scoredRequests.cpu, node.allocatable.cpu);
  const memory = share(node.scoredMemory + pod.shape.scoredRequests.memory, node.allocatable.memory);
  return (100 * (1 - cpu) + 100 * (1 - memory)) / 2;
}

/** A node whose CPU and memory fill evenly is better. */
function balancedAllocation(pod: PodRecord, node: NodeInfo): number {
  const { requests } = pod.shape;
  const cpu = share((node.requested.cpu ?? 0) + (requests.cpu ?? 0), node.allocatable.cpu);
  const memory = share((node.requested.memory ?? 0) + (requests.memory ?? 0), node.allocatable.memory);
  return 100 * (1 - Math.abs(cpu - memory) / 2);
}

function share(taken: number, allocatable: number | undefined): number {
  return allocatable ? Math.min(1, taken / allocatable) : 1;
}

function softTaints(pod: PodRecord, node: NodeInfo): number {
  let count = 0;
  for (const taint of node.taints) {
    if (taint.effect === 'PreferNoSchedule' && !tolerates(pod.shape.tolerations, taint)) count++;
  }
  return count;
}

/** How full the domains of the pod's soft spread constraints are. */
function softSpread(pod: PodRecord, state: ClusterState): Scorer | undefined {
  const soft = constraintsOf(pod, 'ScheduleAnyway');
  if (soft.length === 0) return undefined;
  const counted = soft.map((constraint) => ({
    key: constraint.topologyKey,
    counts: countDomains(pod, soft, { constraint, selects: selectorOf(constraint, pod) }, state),
  }));
  return (node) =>
    counted.reduce((sum, { key, counts }) => sum + (counts.get(node.labels[key] ?? '') ?? 0), 0);
}

/** Without constraints of its own a controller's pod avoids nodes that hold its siblings. */
function siblings(pod: PodRecord, state: ClusterState): Scorer | undefined {
  const owner = controllerOf(pod)?.uid;
  if (owner === undefined) return undefined;
  return (node) => {
    let count = 0;
    for (const other of state.podsOn(node)) if (controllerOf(other)?.uid === owner) count++;
    return count;
  };
}

function preferredPodAffinity(pod: PodRecord, state: ClusterState): Scorer | undefined {
  const { podAffinity, podAntiAffinity } = pod.shape.affinity ?? {};
  const terms = [
    ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((one) => ({
      ...one,
      sign: 1,
    })),
    ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((one) => ({
      ...one,
      sign: -1,
    })),
  ];
  if (terms.length === 0) return undefined;
  const domains = terms.map(({ weight, sign, podAffinityTerm }) => ({
    weight: weight * sign,
    ...domainsOf(compileTerm(podAffinityTerm, pod, state), state, podAffinityTerm, pod),
  }));
  const most = domains.reduce(
    (sum, { weight, counts }) => sum + Math.abs(weight) * Math.max(1, ...counts.values()),
    0,
  );
  return (node) => {
    const raw = domains.reduce(
      (sum, { weight, key, counts }) => sum + weight * (counts.get(node.labels[key] ?? '') ?? 0),
      0,
    );
    return 50 + (50 * raw) / most;
  };
}
