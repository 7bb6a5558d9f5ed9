// What one RBAC rule allows.

import type { PolicyRule } from '@selvedge/kubernetes';
import type { Attributes } from './attributes.ts';

export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!rule.verbs.includes('*') && !rule.verbs.includes(attributes.verb)) return false;
  if (attributes.kind === 'path') {
    return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, attributes.path));
  }
  const { group, name } = attributes;
  const groups = rule.apiGroups ?? [];
  if (!groups.includes('*') && !groups.includes(group)) return false;
  if (!(rule.resources ?? []).some((pattern) => resourceMatches(pattern, attributes))) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(name);
}

export function resourceMatches(
  pattern: string,
  { resource, subresource }: { resource: string; subresource: string },
): boolean {
  if (pattern === '*') return true;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  return pattern === whole || (subresource !== '' && pattern === `*/${subresource}`);
}

export function pathMatches(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1));
}
