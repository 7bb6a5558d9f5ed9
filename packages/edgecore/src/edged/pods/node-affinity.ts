// Whether a node has the labels that a pod requires of it.

import { meetsRequirement, type Node, type PodSpec } from '@selvedge/kubernetes';
import { type EdgePod, specOf } from './pod-spec.ts';

type NodeAffinity = NonNullable<NonNullable<PodSpec['affinity']>['nodeAffinity']>;
type Required = NonNullable<NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']>;
type Term = Required['nodeSelectorTerms'][number];

export function matchesNode(pod: EdgePod, node: Node): boolean {
  const labels = node.metadata?.labels ?? {};
  const selector = Object.entries(specOf(pod).nodeSelector ?? {});
  if (!selector.every(([key, value]) => labels[key] === value)) return false;
  const required = specOf(pod).affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some((term) => matchesTerm(term, labels, node));
}

/** A term without requirements matches nothing. */
function matchesTerm(term: Term, labels: Record<string, string>, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields: Record<string, string> = { 'metadata.name': node.metadata?.name ?? '' };
  return (
    matchExpressions.every((item) => meetsRequirement(item, labels[item.key])) &&
    matchFields.every((item) => meetsRequirement(item, fields[item.key]))
  );
}
