// Label selectors and node selector terms as predicates, compiled once. Pure.

import type { LabelSelector } from '@selvedge/kubernetes';

export type Labels = Readonly<Record<string, string>>;
export type LabelPredicate = (labels: Labels) => boolean;

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** An absent selector selects nothing, an empty one everything. */
export function compileLabelSelector(selector: LabelSelector | undefined): LabelPredicate {
  if (!selector) return () => false;
  const equal = Object.entries(selector.matchLabels ?? {});
  const expressions = selector.matchExpressions ?? [];
  return (labels) =>
    equal.every(([key, value]) => labels[key] === value) &&
    expressions.every((requirement) => meetsRequirement(requirement, labels[requirement.key]));
}

/** A service's selector: plain labels; an empty one selects nothing. */
export function compileLabelMap(selector: Labels | undefined): LabelPredicate {
  const equal = Object.entries(selector ?? {});
  if (equal.length === 0) return () => false;
  return (labels) => equal.every(([key, value]) => labels[key] === value);
}

/** Operators of label selectors, and `Gt` and `Lt` of node selectors. */
export function meetsRequirement(requirement: Requirement, value: string | undefined): boolean {
  const { operator, values = [] } = requirement;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isInteger(value) && isInteger(values[0]) && Number(value) > Number(values[0]);
    case 'Lt':
      return isInteger(value) && isInteger(values[0]) && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^[+-]?\d+$/.test(text);
}
