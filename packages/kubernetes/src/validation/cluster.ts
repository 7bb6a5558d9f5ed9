// Validation of namespaces, nodes, service accounts, leases, endpoints, RBAC and the other kinds that have few rules.

import { fieldError } from '../field-error.ts';
import {
  isDns1123Label,
  isDns1123Subdomain,
  isIpAddress,
  isPathSegmentName,
  isPortNumber,
} from '../names.ts';
import type {
  ClusterRoleBinding,
  EndpointSlice,
  Endpoints,
  KubeObject,
  Lease,
  Node,
  PolicyRule,
  RoleBinding,
} from '../object.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { check, type Errors, oneOf, sameValue } from './rules.ts';
import { validateTaints } from './scheduling.ts';

export function validateNamespace(errors: Errors, object: KubeObject): void {
  validateMetadata(errors, object.metadata ?? {}, { namespaced: false, name: isDns1123Label });
}

export function validateNode(errors: Errors, node: Node): void {
  validateMetadata(errors, node.metadata ?? {}, { namespaced: false, name: isDns1123Subdomain });
  validateTaints(errors, 'metadata.taints', node.spec?.taints ?? []);
}

export function validateNodeUpdate(errors: Errors, node: Node, before: Node): void {
  validateMetadataUpdate(errors, node.metadata ?? {}, before.metadata ?? {});
  const addresses = node.status?.addresses ?? [];
  for (const [index, address] of addresses.entries()) {
    if (addresses.slice(0, index).some((other) => sameValue(other, address))) {
      errors.push(fieldError.duplicate(`status.addresses[${index}]`, address));
    }
  }
  const then = before.spec?.podCIDRs ?? [];
  if (then.length > 0 && !sameValue(then, node.spec?.podCIDRs)) {
    const detail = 'node updates may not change podCIDR except from "" to valid';
    errors.push(fieldError.forbidden('spec.podCIDRs', detail));
  }
  if (before.spec?.providerID && before.spec.providerID !== node.spec?.providerID) {
    const detail = 'node updates may not change providerID except from "" to valid';
    errors.push(fieldError.forbidden('spec.providerID', detail));
  }
  validateTaints(errors, 'metadata.taints', node.spec?.taints ?? []);
}

export function validateLease(errors: Errors, lease: Lease): void {
  validateMetadata(errors, lease.metadata ?? {}, { namespaced: true, name: isDns1123Subdomain });
  const { leaseDurationSeconds, leaseTransitions } = lease.spec ?? {};
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(
      fieldError.invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'),
    );
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    const detail = 'must be greater than or equal to 0';
    errors.push(fieldError.invalid('spec.leaseTransitions', leaseTransitions, detail));
  }
}

export function validateEndpoints(errors: Errors, endpoints: Endpoints): void {
  validateMetadata(errors, endpoints.metadata ?? {}, { namespaced: true, name: isDns1123Subdomain });
  for (const [index, subset] of (endpoints.subsets ?? []).entries()) {
    const path = `subsets[${index}]`;
    const addresses = [...(subset.addresses ?? []), ...(subset.notReadyAddresses ?? [])];
    if (addresses.length === 0)
      errors.push(fieldError.required(path, 'must specify `addresses` or `notReadyAddresses`'));
    for (const [at, { ip }] of (subset.addresses ?? []).entries())
      validateIp(errors, `${path}.addresses[${at}].ip`, ip);
    for (const [at, port] of (subset.ports ?? []).entries()) {
      check(errors, `${path}.ports[${at}].port`, port.port, isPortNumber);
    }
  }
}

export function validateEndpointSlice(errors: Errors, slice: EndpointSlice): void {
  validateMetadata(errors, slice.metadata ?? {}, { namespaced: true, name: isDns1123Subdomain });
  if (!slice.addressType) errors.push(fieldError.required('addressType'));
  else oneOf(errors, 'addressType', slice.addressType, ['FQDN', 'IPv4', 'IPv6']);
  for (const [index, endpoint] of (slice.endpoints ?? []).entries()) {
    const path = `endpoints[${index}].addresses`;
    if ((endpoint.addresses ?? []).length === 0) {
      errors.push(fieldError.required(path, 'must contain at least 1 address'));
    }
    for (const [at, address] of (endpoint.addresses ?? []).entries()) {
      if (slice.addressType !== 'FQDN') validateIp(errors, `${path}[${at}]`, address);
    }
  }
}

function validateIp(errors: Errors, field: string, ip: string): void {
  const detail = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
  if (!isIpAddress(ip)) errors.push(fieldError.invalid(field, ip, detail));
}

type AnyRole = KubeObject & { rules?: readonly PolicyRule[] };

export function validateRole(errors: Errors, role: AnyRole, namespaced: boolean): void {
  validateMetadata(errors, role.metadata ?? {}, { namespaced, name: isPathSegmentName });
  for (const [index, rule] of (role.rules ?? []).entries()) {
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
        errors.push(fieldError.invalid(`${path}.nonResourceURLs`, rule.nonResourceURLs, detail));
      } else if (mixed) {
        const detail = 'rules cannot apply to both regular resources and non-resource URLs';
        errors.push(fieldError.invalid(`${path}.nonResourceURLs`, rule.nonResourceURLs, detail));
      }
      continue;
    }
    if ((rule.apiGroups ?? []).length === 0) {
      errors.push(
        fieldError.required(`${path}.apiGroups`, 'resource rules must supply at least one api group'),
      );
    }
    if ((rule.resources ?? []).length === 0) {
      errors.push(
        fieldError.required(`${path}.resources`, 'resource rules must supply at least one resource'),
      );
    }
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
    errors.push(fieldError.invalid('roleRef', binding.roleRef, 'cannot change roleRef'));
  }
}
