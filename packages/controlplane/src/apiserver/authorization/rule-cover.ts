// Whether somebody's rules hold all that other rules would grant, and what is missing, as Kubernetes writes it.
// Source: k8s.io/component-helpers/auth/rbac/validation and k8s.io/kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go.

import type { PolicyRule } from '@selvedge/kubernetes';
import { pathMatches } from './rules.ts';

/** The parts of `granted` that no rule of `held` holds. */
export function uncovered(held: readonly PolicyRule[], granted: readonly PolicyRule[]): PolicyRule[] {
  return granted.flatMap(atoms).filter((atom) => !held.some((rule) => covers(rule, atom)));
}

/** A rule in its smallest pieces: one verb on one resource or path, so that a single held rule covers each or none does. */
function atoms({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: PolicyRule): PolicyRule[] {
  const found: PolicyRule[] = [];
  const names = resourceNames?.length ? resourceNames.map((name) => ({ resourceNames: [name] })) : [{}];
  for (const group of apiGroups ?? [])
    for (const resource of resources ?? [])
      for (const verb of verbs)
        for (const name of names) {
          found.push({ apiGroups: [group], resources: [resource], verbs: [verb], ...name });
        }
  for (const url of nonResourceURLs ?? [])
    for (const verb of verbs) found.push({ nonResourceURLs: [url], verbs: [verb] });
  return found;
}

function covers(held: PolicyRule, atom: PolicyRule): boolean {
  const names = held.resourceNames ?? [];
  return (
    hasAll(held.verbs, atom.verbs) &&
    hasAll(held.apiGroups, atom.apiGroups) &&
    every(atom.resources, (resource) => holdsResource(held.resources ?? [], resource)) &&
    every(atom.nonResourceURLs, (url) => (held.nonResourceURLs ?? []).some((one) => pathMatches(one, url))) &&
    (names.length === 0 ||
      (!!atom.resourceNames?.length && every(atom.resourceNames, (name) => names.includes(name))))
  );
}

function holdsResource(held: readonly string[], resource: string): boolean {
  const slash = resource.indexOf('/');
  const anyWith = slash === -1 ? '' : `*${resource.slice(slash)}`;
  return held.some((one) => one === '*' || one === resource || one === anyWith);
}

function hasAll(held: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean {
  return held?.includes('*') === true || every(wanted, (one) => held?.includes(one) === true);
}

function every(list: readonly string[] | undefined, holds: (one: string) => boolean): boolean {
  return (list ?? []).every(holds);
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}` and the like: the verbs on one resource together. */
export function describeRules(rules: readonly PolicyRule[]): string[] {
  const merged = new Map<string, PolicyRule>();
  for (const [at, rule] of rules.entries()) {
    const isSimple = !rule.nonResourceURLs?.length;
    const key = isSimple ? JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]) : String(at);
    const before = merged.get(key);
    merged.set(key, before ? { ...before, verbs: [...before.verbs, ...rule.verbs] } : rule);
  }
  return [...new Set([...merged.values()].map(describeRule))].sort();
}

function describeRule(rule: PolicyRule): string {
  const parts: Array<readonly [string, readonly string[] | undefined]> = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  const shown = parts
    .filter(([, list]) => list?.length)
    .map(([name, list]) => `${name}:${quoted(list ?? [])}`);
  return `{${shown.join(', ')}}`;
}

/** As Go's `%q` writes a list of texts. */
export function quoted(list: readonly string[]): string {
  return `[${list.map((one) => JSON.stringify(one)).join(' ')}]`;
}
