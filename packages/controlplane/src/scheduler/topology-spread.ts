// Topology spread constraints: pods of a kind stay evenly spread over zones, hosts or any other domain. Pure over the cluster state.

import { compileLabelSelector, type LabelPredicate } from '../controllers/machinery/label-selector.ts';
import type { PodRecord } from '../controllers/machinery/pod-record.ts';
import { untolerated } from '../controllers/machinery/taints.ts';
import type { ClusterState } from './cluster-state.ts';
import type { Filter } from './filter.ts';
import { matchesNodeSelection } from './node-affinity.ts';
import type { NodeInfo } from './node-info.ts';

type Constraint = NonNullable<PodRecord['shape']['topologySpreadConstraints']>[number] & {
  readonly matchLabelKeys?: readonly string[];
  readonly nodeAffinityPolicy?: string;
  readonly nodeTaintsPolicy?: string;
  readonly minDomains?: number;
};

const uneven = { reasons: ["node(s) didn't match pod topology spread constraints"], resolvable: true };
const noDomain = {
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  resolvable: false,
};

/** Undefined where the pod has no hard constraint. */
export function prepareTopologySpread(pod: PodRecord, state: ClusterState): Filter | undefined {
  const hard = constraintsOf(pod, 'DoNotSchedule');
  if (hard.length === 0) return undefined;
  const prepared = hard.map((constraint) => {
    const selects = selectorOf(constraint, pod);
    const counts = countDomains(pod, hard, { constraint, selects }, state);
    const fewest = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values());
    return { constraint, counts, fewest, self: selects(pod.labels) ? 1 : 0 };
  });
  return (node) => {
    for (const { constraint, counts, fewest, self } of prepared) {
      const value = node.labels[constraint.topologyKey];
      if (value === undefined) return noDomain;
      if ((counts.get(value) ?? 0) + self - fewest > constraint.maxSkew) return uneven;
    }
    return undefined;
  };
}

export function constraintsOf(pod: PodRecord, whenUnsatisfiable: string): readonly Constraint[] {
  const all = (pod.shape.topologySpreadConstraints ?? []) as readonly Constraint[];
  return all.filter((one) => one.whenUnsatisfiable === whenUnsatisfiable);
}

/** How many pods that the constraint selects each domain holds; domains of nodes that the pod could use, all of them. */
export function countDomains(
  pod: PodRecord,
  together: readonly Constraint[],
  counted: { readonly constraint: Constraint; readonly selects: LabelPredicate },
  state: ClusterState,
): Map<string, number> {
  const { constraint, selects } = counted;
  const counts = new Map<string, number>();
  const eligible = (node: NodeInfo) => isEligible(pod, together, constraint, node);
  for (const node of state.nodes) {
    const value = node.labels[constraint.topologyKey];
    if (value !== undefined && !counts.has(value) && eligible(node)) counts.set(value, 0);
  }
  for (const other of state.podsIn(pod.namespace)) {
    if (other.deletedMs > 0 || !selects(other.labels)) continue;
    const node = state.node(other.nodeName);
    const value = node?.labels[constraint.topologyKey];
    const count = value === undefined ? undefined : counts.get(value);
    if (node && value !== undefined && count !== undefined && eligible(node)) counts.set(value, count + 1);
  }
  return counts;
}

function isEligible(
  pod: PodRecord,
  together: readonly Constraint[],
  constraint: Constraint,
  node: NodeInfo,
): boolean {
  if (!together.every((one) => node.labels[one.topologyKey] !== undefined)) return false;
  if (constraint.nodeAffinityPolicy !== 'Ignore' && !matchesNodeSelection(pod.shape, node)) return false;
  if (constraint.nodeTaintsPolicy !== 'Honor') return true;
  return untolerated(node.taints, pod.shape.tolerations, ['NoSchedule', 'NoExecute']) === undefined;
}

export function selectorOf(constraint: Constraint, pod: PodRecord): LabelPredicate {
  const selects = compileLabelSelector(constraint.labelSelector);
  const keys = (constraint.matchLabelKeys ?? []).filter((key) => pod.labels[key] !== undefined);
  if (keys.length === 0) return selects;
  return (labels) => selects(labels) && keys.every((key) => labels[key] === pod.labels[key]);
}
