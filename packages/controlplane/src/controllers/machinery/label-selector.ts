// Label selectors as predicates, compiled once. Pure.

import { type LabelSelector, matchesLabels, requirementsOf } from '@selvedge/kubernetes';

export type Labels = Readonly<Record<string, string>>;
export type LabelPredicate = (labels: Labels) => boolean;

/** An absent selector selects nothing, an empty one everything. */
export function compileLabelSelector(selector: LabelSelector | undefined): LabelPredicate {
  const requirements = requirementsOf(selector);
  if (requirements === undefined) return () => false;
  return (labels) => matchesLabels(requirements, labels);
}

/** A service's selector: plain labels; an empty one selects nothing. */
export function compileLabelMap(selector: Labels | undefined): LabelPredicate {
  const equal = Object.entries(selector ?? {});
  if (equal.length === 0) return () => false;
  return (labels) => equal.every(([key, value]) => labels[key] === value);
}
