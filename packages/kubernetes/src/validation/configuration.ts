// Validation of config maps and secrets: keys, sizes, what each type of secret must hold, immutability.

import { fieldError } from '../field-error.ts';
import { isConfigMapKey, isDns1123Subdomain } from '../names.ts';
import type { ConfigMap, Secret } from '../object.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { check, type Errors, sameValue, unchanged } from './rules.ts';

const maxBytes = 1_048_576;
const rules = { namespaced: true, name: isDns1123Subdomain };
const immutableDetail = 'field is immutable when `immutable` is set';

export function validateConfigMap(errors: Errors, configMap: ConfigMap): void {
  validateMetadata(errors, configMap.metadata ?? {}, rules);
  let bytes = 0;
  for (const [key, value] of Object.entries(configMap.data ?? {})) {
    check(errors, `data[${key}]`, key, isConfigMapKey);
    if (configMap.binaryData?.[key] !== undefined) {
      errors.push(fieldError.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    bytes += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(configMap.binaryData ?? {})) {
    check(errors, `binaryData[${key}]`, key, isConfigMapKey);
    bytes += decodedLength(value);
  }
  if (bytes > maxBytes) errors.push(fieldError.tooLong('[]', maxBytes));
}

export function validateConfigMapUpdate(errors: Errors, configMap: ConfigMap, before: ConfigMap): void {
  validateMetadataUpdate(errors, configMap.metadata ?? {}, before.metadata ?? {});
  refuseImmutableChange(errors, configMap, before, ['data', 'binaryData']);
  validateConfigMap(errors, configMap);
}

export function validateSecret(errors: Errors, secret: Secret): void {
  validateMetadata(errors, secret.metadata ?? {}, rules);
  const data = secret.data ?? {};
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    check(errors, `data[${key}]`, key, isConfigMapKey);
    bytes += decodedLength(value);
  }
  if (bytes > maxBytes) errors.push(fieldError.tooLong('data', maxBytes));
  validateSecretType(errors, secret, data);
}

function validateSecretType(errors: Errors, secret: Secret, data: Record<string, string>): void {
  const account = 'kubernetes.io/service-account.name';
  const demand = (key: string) => data[key] ?? errors.push(fieldError.required(`data[${key}]`));
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      if (!secret.metadata?.annotations?.[account]) {
        errors.push(fieldError.required(`metadata.annotations[${account}]`));
      }
      break;
    case 'kubernetes.io/dockercfg':
      validateJson(errors, data, '.dockercfg');
      break;
    case 'kubernetes.io/dockerconfigjson':
      validateJson(errors, data, '.dockerconfigjson');
      break;
    case 'kubernetes.io/basic-auth':
      if (data.username === undefined && data.password === undefined) {
        demand('username');
        demand('password');
      }
      break;
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) errors.push(fieldError.required('data[ssh-privatekey]'));
      break;
    case 'kubernetes.io/tls':
      demand('tls.crt');
      demand('tls.key');
  }
}

function validateJson(errors: Errors, data: Record<string, string>, key: string): void {
  const value = data[key];
  if (value === undefined) {
    errors.push(fieldError.required(`data[${key}]`));
    return;
  }
  try {
    JSON.parse(Buffer.from(value, 'base64').toString());
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    errors.push(fieldError.invalid(`data[${key}]`, '<secret contents redacted>', detail));
  }
}

export function validateSecretUpdate(errors: Errors, secret: Secret, before: Secret): void {
  validateMetadataUpdate(errors, secret.metadata ?? {}, before.metadata ?? {});
  unchanged(errors, 'type', secret.type, before.type);
  refuseImmutableChange(errors, secret, before, ['data']);
  validateSecret(errors, secret);
}

interface Immutable {
  immutable?: boolean;
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

function refuseImmutableChange(
  errors: Errors,
  now: Immutable,
  then: Immutable,
  fields: ('data' | 'binaryData')[],
): void {
  if (!then.immutable) return;
  if (!now.immutable) errors.push(fieldError.forbidden('immutable', immutableDetail));
  for (const field of fields) {
    if (!sameValue(now[field], then[field])) errors.push(fieldError.forbidden(field, immutableDetail));
  }
}

function decodedLength(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}
