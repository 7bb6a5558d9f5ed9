// Validation of metadata: names, labels, annotations, owners, and what an update may not change.
// Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go.

import { fieldError } from '../field-error.ts';
import { type Check, isLabelValue, isQualifiedName, withoutTrailingDash } from '../names.ts';
import type { ObjectMeta } from '../object.ts';
import { check, type Errors, notNegative, unchanged } from './rules.ts';

const maxAnnotationBytes = 256 * 1024;
const maxGeneratedBaseLength = 58;
const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

export interface MetadataRules {
  readonly namespaced: boolean;
  readonly name: Check;
  /** False for custom resources. */
  readonly ownKind?: boolean;
}

export function validateMetadata(errors: Errors, metadata: ObjectMeta, rules: MetadataRules): void {
  const { name, generateName, namespace } = metadata;
  if (generateName) {
    const base = withoutTrailingDash(generateName.slice(0, maxGeneratedBaseLength));
    for (const message of rules.name(base))
      errors.push(fieldError.invalid('metadata.generateName', generateName, message));
  }
  if (!name) errors.push(fieldError.required('metadata.name', 'name or generateName is required'));
  else check(errors, 'metadata.name', name, rules.name);
  if (rules.namespaced && !namespace) errors.push(fieldError.required('metadata.namespace'));
  if (!rules.namespaced && namespace) {
    errors.push(fieldError.forbidden('metadata.namespace', 'not allowed on this type'));
  }
  notNegative(errors, 'metadata.generation', metadata.generation);
  validateLabels(errors, 'metadata.labels', metadata.labels);
  validateAnnotations(errors, 'metadata.annotations', metadata.annotations);
  validateOwners(errors, metadata);
  validateFinalizers(errors, metadata.finalizers ?? [], rules.ownKind ?? true);
}

/** Kinds of Kubernetes itself know few finalizers without a domain; custom ones take any qualified name. */
function validateFinalizers(errors: Errors, finalizers: readonly string[], ownKind: boolean): void {
  for (const finalizer of finalizers) check(errors, 'metadata.finalizers', finalizer, isQualifiedName);
  if (!ownKind) return;
  for (const [index, finalizer] of finalizers.entries()) {
    if (finalizer.includes('/') || standardFinalizers.includes(finalizer)) continue;
    const why = 'name is neither a standard finalizer name nor is it fully qualified';
    errors.push(fieldError.invalid(`metadata.finalizers[${index}]`, finalizer, why));
  }
}

export function validateMetadataUpdate(errors: Errors, metadata: ObjectMeta, before: ObjectMeta): void {
  if (before.deletionTimestamp) {
    const added = (metadata.finalizers ?? []).filter((one) => !before.finalizers?.includes(one));
    if (added.length > 0) {
      const list = added.map((one) => JSON.stringify(one)).join(', ');
      errors.push(
        fieldError.forbidden(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
        ),
      );
    }
  }
  unchanged(errors, 'metadata.name', metadata.name, before.name);
  unchanged(errors, 'metadata.namespace', metadata.namespace, before.namespace);
  unchanged(errors, 'metadata.uid', metadata.uid, before.uid);
  unchanged(errors, 'metadata.creationTimestamp', metadata.creationTimestamp, before.creationTimestamp);
}

export function validateLabels(
  errors: Errors,
  field: string,
  labels: Record<string, string> | undefined,
): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    check(errors, field, key, isQualifiedName);
    check(errors, field, value, isLabelValue);
  }
}

export function validateAnnotations(
  errors: Errors,
  field: string,
  annotations: Record<string, string> | undefined,
): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const message of isQualifiedName(key.toLowerCase()))
      errors.push(fieldError.invalid(field, key, message));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > maxAnnotationBytes) errors.push(fieldError.tooLong(field, maxAnnotationBytes));
}

function validateOwners(errors: Errors, metadata: ObjectMeta): void {
  let controller: string | undefined;
  for (const [index, owner] of (metadata.ownerReferences ?? []).entries()) {
    const path = 'metadata.ownerReferences';
    const version = owner.apiVersion ?? '';
    if (version === '' || version.endsWith('/')) {
      errors.push(fieldError.invalid(`${path}.apiVersion`, version, 'version must not be empty'));
    }
    if (!owner.kind)
      errors.push(fieldError.invalid(`${path}.kind`, owner.kind ?? '', 'kind must not be empty'));
    if (!owner.name)
      errors.push(fieldError.invalid(`${path}.name`, owner.name ?? '', 'name must not be empty'));
    if (!owner.uid) errors.push(fieldError.invalid(`${path}.uid`, owner.uid ?? '', 'uid must not be empty'));
    if (version === 'v1' && owner.kind === 'Event') {
      errors.push(fieldError.invalid(path, owner.kind, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (!owner.controller) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller !== undefined) {
      errors.push(
        fieldError.invalid(
          path,
          `[${index}]`,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`,
        ),
      );
    }
    controller ??= name;
  }
}
