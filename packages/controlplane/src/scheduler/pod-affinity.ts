// Pod affinity and anti-affinity: which nodes other pods draw a pod to or keep it from. Pure over the cluster state.

import { compileLabelSelector, type LabelPredicate } from '../controllers/machinery/label-selector.ts';
import type { PodRecord } from '../controllers/machinery/pod-record.ts';
import type { ClusterState } from './cluster-state.ts';
import type { Filter } from './filter.ts';
import type { NodeInfo } from './node-info.ts';

export interface AffinityTerm {
  readonly labelSelector?: Parameters<typeof compileLabelSelector>[0];
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: Parameters<typeof compileLabelSelector>[0];
  readonly topologyKey: string;
}

interface CompiledTerm {
  readonly topologyKey: string;
  readonly matches: (pod: PodRecord) => boolean;
}

const affinityMisfit = { reasons: ["node(s) didn't match pod affinity rules"], resolvable: false };
const antiAffinityMisfit = { reasons: ["node(s) didn't match pod anti-affinity rules"], resolvable: true };
const existingMisfit = {
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
  resolvable: true,
};

/** Undefined where neither the pod nor any other has a rule that concerns it. */
export function preparePodAffinity(pod: PodRecord, state: ClusterState): Filter | undefined {
  const { affinity } = pod.shape;
  const attracting = affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const repelling = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const kept = keptAway(pod, state);
  if (attracting.length === 0 && repelling.length === 0 && kept.size === 0) return undefined;
  const attraction = attracting.length > 0 ? prepareAttraction(pod, attracting, state) : undefined;
  const repulsion = repelling.map((term) => domainsOf(compileTerm(term, pod, state), state, term, pod));
  return (node) => {
    if (attraction && !attraction(node)) return affinityMisfit;
    if (repulsion.some(({ key, counts }) => (counts.get(node.labels[key] ?? '') ?? 0) > 0))
      return antiAffinityMisfit;
    for (const [key, values] of kept) if (values.has(node.labels[key] ?? '')) return existingMisfit;
    return undefined;
  };
}

/** The topology values (by key) from which bound pods keep this one away. */
function keptAway(pod: PodRecord, state: ClusterState): Map<string, Set<string>> {
  const kept = new Map<string, Set<string>>();
  for (const other of state.repelling) {
    const terms = other.shape.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const node = state.node(other.nodeName);
    for (const term of terms) {
      const value = node?.labels[term.topologyKey];
      if (value === undefined || !compileTerm(term, other, state).matches(pod)) continue;
      const values = kept.get(term.topologyKey) ?? new Set();
      kept.set(term.topologyKey, values.add(value));
    }
  }
  return kept;
}

/** A node is right when each term's domain holds a pod that all terms match; the first pod of a group may go anywhere. */
function prepareAttraction(
  pod: PodRecord,
  terms: readonly AffinityTerm[],
  state: ClusterState,
): (node: NodeInfo) => boolean {
  const compiled = terms.map((term) => compileTerm(term, pod, state));
  const matchesAll = (other: PodRecord) => compiled.every((term) => term.matches(other));
  const domains = terms.map((term, index) =>
    domainsOf({ topologyKey: compiled[index]?.topologyKey ?? '', matches: matchesAll }, state, term, pod),
  );
  const nobody = domains.every(({ counts }) => counts.size === 0);
  if (nobody && matchesAll(pod))
    return (node) => compiled.every((term) => node.labels[term.topologyKey] !== undefined);
  return (node) => domains.every(({ key, counts }) => (counts.get(node.labels[key] ?? '') ?? 0) > 0);
}

/** How many pods that the term matches each domain of its topology key holds. */
export function domainsOf(
  compiled: CompiledTerm,
  state: ClusterState,
  term: AffinityTerm,
  owner: PodRecord,
): { readonly key: string; readonly counts: ReadonlyMap<string, number> } {
  const counts = new Map<string, number>();
  for (const namespace of namespacesOf(term, owner, state)) {
    for (const other of state.podsIn(namespace)) {
      const value = state.node(other.nodeName)?.labels[compiled.topologyKey];
      if (value !== undefined && compiled.matches(other)) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return { key: compiled.topologyKey, counts };
}

export function compileTerm(term: AffinityTerm, owner: PodRecord, state: ClusterState): CompiledTerm {
  const selects: LabelPredicate = compileLabelSelector(term.labelSelector);
  const named = new Set(namedNamespaces(term, owner));
  const byLabels = term.namespaceSelector ? compileLabelSelector(term.namespaceSelector) : undefined;
  const inNamespace = (name: string) =>
    named.has(name) || (byLabels?.(state.namespace(name)?.metadata.labels ?? {}) ?? false);
  return {
    topologyKey: term.topologyKey,
    matches: (pod) => inNamespace(pod.namespace) && selects(pod.labels),
  };
}

function namedNamespaces(term: AffinityTerm, owner: PodRecord): readonly string[] {
  if (term.namespaces?.length) return term.namespaces;
  return term.namespaceSelector ? [] : [owner.namespace];
}

function namespacesOf(term: AffinityTerm, owner: PodRecord, state: ClusterState): Iterable<string> {
  if (!term.namespaceSelector) return namedNamespaces(term, owner);
  const selects = compileLabelSelector(term.namespaceSelector);
  const selected = state.allNamespaces().filter((one) => selects(one.metadata.labels ?? {}));
  return new Set([...selected.map((one) => one.metadata.name), ...namedNamespaces(term, owner)]);
}
