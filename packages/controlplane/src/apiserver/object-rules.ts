// The kinds' own rules: defaults and validation, from the kubernetes package and from custom resources' schemas.

import type { FieldError, KubeObject } from '@selvedge/kubernetes';
import { applySchemaDefaults, emptyAsNull } from '@selvedge/kubernetes/decode';
import * as validation from '@selvedge/kubernetes/validation';
import { validateCustomObject } from './custom/schema-validation.ts';
import type { Resource } from './registry/resource.ts';
import type { ResourceSchemas } from './registry/resource-schemas.ts';
import type { StatusCause } from './status-error.ts';

export function applyDefaults(schemas: ResourceSchemas, resource: Resource, object: KubeObject): void {
  const schema = resource.custom && schemas.schemaOf(resource);
  if (schema) applySchemaDefaults(schema, object);
  else schemas.defaulterOf(resource)?.(object);
}

/** Lists and maps that were sent empty are stored as Go stores them. */
export function settleEmpty(schemas: ResourceSchemas, resource: Resource, object: KubeObject): void {
  const schema = resource.custom ? undefined : schemas.schemaOf(resource);
  if (schema) emptyAsNull(schema, object);
}

export function validateCreate(resource: Resource, object: KubeObject): StatusCause[] {
  const causes = validation.validateCreate(resource, object).map(causeOf);
  return resource.custom ? [...causes, ...validateCustomObject(resource.custom.schema, object)] : causes;
}

export function validateUpdate(
  resource: Resource,
  object: KubeObject,
  old: KubeObject,
  subresource: string,
): StatusCause[] {
  // What a binding may change is decided where it is handled; the rest stays what it was.
  if (subresource === 'binding') return [];
  if (subresource === 'finalize') return validation.validateNamespaceFinalizers(object).map(causeOf);
  const causes =
    subresource === '' || subresource === 'scale'
      ? validation.validateUpdate(resource, object, old).map(causeOf)
      : validation.validateSubresourceUpdate(resource, subresource, { object, before: old }).map(causeOf);
  return resource.custom ? [...causes, ...validateCustomObject(resource.custom.schema, object)] : causes;
}

function causeOf({ kind, message, field }: FieldError): StatusCause {
  return { reason: kind, message, field };
}
