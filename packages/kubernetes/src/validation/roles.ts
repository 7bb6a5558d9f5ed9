// Validation of roles and of what binds them.
// Source: k8s.io/kubernetes/pkg/apis/rbac/validation.

import { fieldError } from '../field-error.ts';
import { isDns1123Subdomain, isPathSegmentName } from '../names.ts';
import type { ClusterRoleBinding, KubeObject, PolicyRule, RoleBinding } from '../object.ts';
import { validateMetadata } from './metadata.ts';
import { check, type Errors, goStrings, goStruct, sameValue } from './rules.ts';

type AnyRole = KubeObject & {
  rules?: readonly PolicyRule[];
  aggregationRule?: { clusterRoleSelectors?: readonly object[] };
};

export function validateRole(errors: Errors, role: AnyRole, namespaced: boolean): void {
  validateMetadata(errors, role.metadata ?? {}, { namespaced, name: isPathSegmentName });
  if (role.aggregationRule && (role.aggregationRule.clusterRoleSelectors ?? []).length === 0) {
    const detail = 'at least one clusterRoleSelector required if aggregationRule is non-nil';
    errors.push(fieldError.required('aggregationRule.clusterRoleSelectors', detail));
  }
  for (const [index, rule] of (role.rules ?? []).entries()) validateRule(errors, index, rule, namespaced);
}

function validateRule(errors: Errors, index: number, rule: PolicyRule, namespaced: boolean): void {
  const path = `rules[${index}]`;
  if ((rule.verbs ?? []).length === 0) {
    errors.push(fieldError.required(`${path}.verbs`, 'verbs must contain at least one value'));
  }
  if ((rule.nonResourceURLs ?? []).length > 0) {
    const mixed = [rule.apiGroups, rule.resources, rule.resourceNames].some(
      (list) => (list ?? []).length > 0,
    );
    if (namespaced) {
      const detail = 'namespaced rules cannot apply to non-resource URLs';
      errors.push(
        fieldError.invalid(`${path}.nonResourceURLs`, goStrings(rule.nonResourceURLs ?? []), detail),
      );
    } else if (mixed) {
      const detail = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(
        fieldError.invalid(`${path}.nonResourceURLs`, goStrings(rule.nonResourceURLs ?? []), detail),
      );
    }
    return;
  }
  if ((rule.apiGroups ?? []).length === 0) {
    errors.push(
      fieldError.required(`${path}.apiGroups`, 'resource rules must supply at least one api group'),
    );
  }
  if ((rule.resources ?? []).length === 0) {
    errors.push(fieldError.required(`${path}.resources`, 'resource rules must supply at least one resource'));
  }
}

export function validateRoleBinding(
  errors: Errors,
  binding: RoleBinding | ClusterRoleBinding,
  namespaced: boolean,
): void {
  validateMetadata(errors, binding.metadata ?? {}, { namespaced, name: isPathSegmentName });
  const { apiGroup, kind, name } = binding.roleRef ?? {};
  if (apiGroup !== 'rbac.authorization.k8s.io') {
    errors.push(fieldError.notSupported('roleRef.apiGroup', apiGroup ?? '', ['rbac.authorization.k8s.io']));
  }
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(kind ?? '')) errors.push(fieldError.notSupported('roleRef.kind', kind ?? '', kinds));
  if (!name) errors.push(fieldError.required('roleRef.name'));
  else check(errors, 'roleRef.name', name, isPathSegmentName);
  for (const [index, subject] of (binding.subjects ?? []).entries()) {
    const path = `subjects[${index}]`;
    if (!subject.name) errors.push(fieldError.required(`${path}.name`));
    if (!['ServiceAccount', 'User', 'Group'].includes(subject.kind)) {
      errors.push(fieldError.notSupported(`${path}.kind`, subject.kind, ['ServiceAccount', 'User', 'Group']));
    }
    if (subject.kind === 'ServiceAccount' && subject.name)
      check(errors, `${path}.name`, subject.name, isDns1123Subdomain);
    if (subject.kind === 'ServiceAccount' && !namespaced && !subject.namespace) {
      errors.push(fieldError.required(`${path}.namespace`));
    }
  }
}

export function validateRoleBindingUpdate(
  errors: Errors,
  binding: RoleBinding | ClusterRoleBinding,
  before: RoleBinding | ClusterRoleBinding,
): void {
  if (!sameValue(binding.roleRef, before.roleRef)) {
    errors.push(fieldError.invalid('roleRef', goRoleRef(binding.roleRef), 'cannot change roleRef'));
  }
}

function goRoleRef({ apiGroup, kind, name }: RoleBinding['roleRef']) {
  return goStruct('rbac.RoleRef', { APIGroup: apiGroup, Kind: kind, Name: name });
}
