// Validation of namespaces, nodes, leases, events and the other kinds that have few rules.

import { fieldError } from '../field-error.ts';
import { isIpAddress, isIpv4 } from '../ip-address.ts';
import { isDns1123Label, isDns1123Subdomain, isQualifiedName } from '../names.ts';
import type { KubeObject, Lease, Node } from '../object.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { check, type Errors, goStrings, sameValue } from './rules.ts';
import { validateTaints } from './scheduling.ts';

export function validateNamespace(errors: Errors, object: KubeObject): void {
  validateMetadata(errors, object.metadata ?? {}, { namespaced: false, name: isDns1123Label });
}

export function validateFinalizers(errors: Errors, finalizers: readonly string[]): void {
  for (const [index, name] of finalizers.entries()) {
    const field = `spec.finalizers[${index}]`;
    check(errors, field, name, isQualifiedName);
    if (name.includes('/') || name === 'kubernetes') continue;
    const detail = 'name is neither a standard finalizer name nor is it fully qualified';
    errors.push(fieldError.invalid(field, name, detail));
  }
}

export function validateNode(errors: Errors, node: Node): void {
  validateMetadata(errors, node.metadata ?? {}, { namespaced: false, name: isDns1123Subdomain });
  validateTaints(errors, 'metadata.taints', node.spec?.taints ?? []);
  const ranges = node.spec?.podCIDRs ?? [];
  for (const [index, range] of ranges.entries()) {
    if (isCidr(range)) continue;
    errors.push(fieldError.invalid(`spec.podCIDRs[${index}]`, goStrings(ranges), 'must be valid CIDR'));
  }
}

function isCidr(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  const bits = isIpv4(address) ? 32 : 128;
  return rest.length === 0 && isIpAddress(address) && /^\d{1,3}$/.test(length) && Number(length) <= bits;
}

export function validateEvent(errors: Errors, event: KubeObject): void {
  const { metadata = {}, involvedObject } = event as KubeObject & { involvedObject?: { namespace?: string } };
  validateMetadata(errors, metadata, { namespaced: true, name: isDns1123Subdomain });
  const about = involvedObject?.namespace ?? '';
  // What has no namespace is told of in `default`.
  if (about === '' ? metadata.namespace === 'default' : about === metadata.namespace) return;
  errors.push(fieldError.invalid('involvedObject.namespace', about, 'does not match event.namespace'));
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
