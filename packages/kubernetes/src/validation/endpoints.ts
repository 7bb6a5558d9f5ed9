// Validation of endpoints and endpoint slices: addresses of the right kind that others can reach, and ports with names.
// Source: ValidateEndpoints and k8s.io/kubernetes/pkg/apis/discovery/validation.

import { fieldError } from '../field-error.ts';
import { isDns1123Label, isDns1123Subdomain, isPortNumber } from '../names.ts';
import type { EndpointSlice, Endpoints } from '../object.ts';
import { validateEndpointIp, validateIpv4, validateIpv6, validateNonSpecialIp } from './addresses.ts';
import { protocols } from './containers.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { check, type Errors, oneOf, required, unchanged } from './rules.ts';

const rules = { namespaced: true, name: isDns1123Subdomain };

export function validateEndpoints(errors: Errors, endpoints: Endpoints): void {
  validateMetadata(errors, endpoints.metadata ?? {}, rules);
  for (const [index, subset] of (endpoints.subsets ?? []).entries()) {
    const path = `subsets[${index}]`;
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
    if (addresses.length + notReadyAddresses.length === 0)
      errors.push(fieldError.required(path, 'must specify `addresses` or `notReadyAddresses`'));
    for (const [at, { ip }] of addresses.entries())
      validateEndpointIp(errors, `${path}.addresses[${at}].ip`, ip);
    for (const [at, { ip }] of notReadyAddresses.entries())
      validateEndpointIp(errors, `${path}.notReadyAddresses[${at}].ip`, ip);
    for (const [at, port] of ports.entries()) {
      const field = `${path}.ports[${at}]`;
      if (ports.length > 1) required(errors, `${field}.name`, port.name, isDns1123Label);
      else if (port.name) check(errors, `${field}.name`, port.name, isDns1123Label);
      check(errors, `${field}.port`, port.port, isPortNumber);
      if (!port.protocol) errors.push(fieldError.required(`${field}.protocol`));
      else oneOf(errors, `${field}.protocol`, port.protocol, protocols);
    }
  }
}

export function validateEndpointSlice(errors: Errors, slice: EndpointSlice): void {
  validateMetadata(errors, slice.metadata ?? {}, rules);
  if (!slice.addressType) errors.push(fieldError.required('addressType'));
  else oneOf(errors, 'addressType', slice.addressType, ['FQDN', 'IPv4', 'IPv6']);
  for (const [index, endpoint] of (slice.endpoints ?? []).entries()) {
    const path = `endpoints[${index}].addresses`;
    const addresses = endpoint.addresses ?? [];
    if (addresses.length === 0) errors.push(fieldError.required(path, 'must contain at least 1 address'));
    for (const [at, address] of addresses.entries())
      validateAddress(errors, `${path}[${at}]`, slice.addressType, address);
  }
  const names = new Set<string>();
  for (const [index, { name, protocol }] of (slice.ports ?? []).entries()) {
    const field = `ports[${index}]`;
    if (name) check(errors, `${field}.name`, name, isDns1123Label);
    if (names.has(name ?? '')) errors.push(fieldError.duplicate(`${field}.name`, name ?? ''));
    names.add(name ?? '');
    if (protocol !== undefined) oneOf(errors, `${field}.protocol`, protocol, protocols);
  }
}

function validateAddress(errors: Errors, field: string, type: string, address: string): void {
  if (type === 'IPv4') validateIpv4(errors, field, address);
  if (type === 'IPv6') validateIpv6(errors, field, address);
  if (type === 'IPv4' || type === 'IPv6') validateNonSpecialIp(errors, field, address);
  if (type === 'FQDN') check(errors, field, address.replace(/\.$/, ''), isDns1123Subdomain);
}

export function validateEndpointSliceUpdate(
  errors: Errors,
  slice: EndpointSlice,
  before: EndpointSlice,
): void {
  validateMetadataUpdate(errors, slice.metadata ?? {}, before.metadata ?? {});
  validateEndpointSlice(errors, slice);
  unchanged(errors, 'addressType', slice.addressType, before.addressType);
}
