// Validation of certificate signing requests, and of what is said of them: conditions that agree, a decision that stays.
// Source: k8s.io/kubernetes/pkg/apis/certificates/validation.

import { fieldError, GoValue } from '../field-error.ts';
import { isDns1123Subdomain, isPathSegmentName } from '../names.ts';
import type { CertificateSigningRequest } from '../object.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { type Errors, oneOf } from './rules.ts';

type Spec = NonNullable<CertificateSigningRequest['spec']>;

const decisions = ['Approved', 'Denied'];
const lasting = [...decisions, 'Failed'];
const minExpirationSeconds = 600;
const maxSignerNameLength = 571;

export function validateConditionsUpdate(
  errors: Errors,
  request: CertificateSigningRequest,
  before: CertificateSigningRequest,
): void {
  const conditions = request.status?.conditions ?? [];
  const seen = new Set<string>();
  for (const [index, { type, status }] of conditions.entries()) {
    const at = `status.conditions[${index}]`;
    if (!type) errors.push(fieldError.required(`${at}.type`));
    if (!status) errors.push(fieldError.required(`${at}.status`));
    else
      oneOf(errors, `${at}.status`, status, lasting.includes(type) ? ['True'] : ['True', 'False', 'Unknown']);
    if (decisions.some((other) => other !== type && decisions.includes(type) && seen.has(other))) {
      const why = 'Approved and Denied conditions are mutually exclusive';
      errors.push(fieldError.invalid(`${at}.type`, type, why));
    }
    if (seen.has(type)) errors.push(fieldError.duplicate(`${at}.type`, type));
    seen.add(type);
  }
  validateMetadataUpdate(errors, request.metadata ?? {}, before.metadata ?? {});
  for (const type of lasting) {
    if (seen.has(type) || !before.status?.conditions?.some((one) => one.type === type)) continue;
    const why = `updates may not remove a condition of type ${JSON.stringify(type)}`;
    errors.push(fieldError.forbidden('status.conditions', why));
  }
}

export function validateCertificateSigningRequest(errors: Errors, object: CertificateSigningRequest): void {
  const spec: Partial<Spec> = object.spec ?? {};
  const { request = '', signerName = '', usages = [], expirationSeconds } = spec;
  validateMetadata(errors, object.metadata ?? {}, { namespaced: false, name: isPathSegmentName });
  const pem = Buffer.from(request, 'base64');
  if (!pem.toString('latin1').includes('-----BEGIN CERTIFICATE REQUEST-----'))
    errors.push(
      fieldError.invalid('spec.request', goBytes(pem), 'PEM block type must be CERTIFICATE REQUEST'),
    );
  if (usages.length === 0) errors.push(fieldError.required('spec.usages'));
  const duplicate = usages.findIndex((usage, index) => usages.indexOf(usage) < index);
  if (duplicate !== -1) errors.push(fieldError.duplicate(`spec.usages[${duplicate}]`, usages[duplicate]));
  if (expirationSeconds !== undefined && expirationSeconds < minExpirationSeconds) {
    const detail = `may not specify a duration less than ${minExpirationSeconds} seconds (10 minutes)`;
    errors.push(fieldError.invalid('spec.expirationSeconds', expirationSeconds, detail));
  }
  validateSignerName(errors, signerName);
}

function validateSignerName(errors: Errors, name: string): void {
  const field = 'spec.signerName';
  if (name === '') {
    errors.push(fieldError.required(field));
    return;
  }
  const [domain = '', path = '', ...rest] = name.split('/');
  if (path === '' || rest.length > 0) {
    const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    errors.push(fieldError.invalid(field, name, detail));
    return;
  }
  for (const why of isDns1123Subdomain(domain)) {
    errors.push(fieldError.invalid(field, domain, `validating label ${JSON.stringify(domain)}: ${why}`));
  }
  if (!domain.includes('.')) {
    const detail = 'should be a domain with at least two segments separated by dots';
    errors.push(fieldError.invalid(field, name, detail));
  }
  for (const why of isDns1123Subdomain(path)) {
    errors.push(fieldError.invalid(field, path, `validating label ${JSON.stringify(path)}: ${why}`));
  }
  if (name.length > maxSignerNameLength) errors.push(fieldError.tooLong(field, maxSignerNameLength));
}

function goBytes(bytes: Uint8Array): GoValue {
  return new GoValue(
    `[]byte{${Array.from(bytes.subarray(0, 1_000), (byte) => `0x${byte.toString(16)}`).join(', ')}}`,
  );
}
