// Node selectors and node affinity: which nodes a pod asks for by labels and names. Pure.

import { meetsRequirement, type NodeRequirement } from '@selvedge/kubernetes';
import type { PodShape } from '../controllers/machinery/pod-shape.ts';

export interface NodeIdentity {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface Term {
  readonly matchExpressions?: readonly NodeRequirement[];
  readonly matchFields?: readonly NodeRequirement[];
}

export function matchesNodeSelection(
  shape: Pick<PodShape, 'nodeSelector' | 'affinity'>,
  node: NodeIdentity,
): boolean {
  for (const key in shape.nodeSelector) if (node.labels[key] !== shape.nodeSelector[key]) return false;
  const required = shape.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** A term without requirements matches nothing. */
export function matchesTerm(term: Term, node: NodeIdentity): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((one) => meetsRequirement(one, node.labels[one.key])) &&
    matchFields.every((one) => one.key === 'metadata.name' && meetsRequirement(one, node.name))
  );
}

/** The nodes that a pod names outright, as a daemon set's pods do; undefined where it names none. */
export function namedNodes(shape: Pick<PodShape, 'affinity'>): readonly string[] | undefined {
  const required = shape.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return undefined;
  const names: string[] = [];
  for (const { matchFields = [] } of required.nodeSelectorTerms as readonly Term[]) {
    const named = matchFields.find((one) => one.key === 'metadata.name' && one.operator === 'In');
    if (!named) return undefined;
    names.push(...(named.values ?? []));
  }
  return names;
}
