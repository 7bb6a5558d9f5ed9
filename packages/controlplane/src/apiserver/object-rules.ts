// The kinds' own rules: defaults and validation, from the kubernetes package.

import type { KubeObject } from '@selvedge/kubernetes';
import { metaOf } from './object-meta.ts';
import type { Resource } from './registry/resource.ts';
import type { StatusCause } from './status-error.ts';

export function applyDefaults(_resource: Resource, _object: KubeObject): void {}

export function validateCreate(_resource: Resource, object: KubeObject): StatusCause[] {
  if (metaOf(object).name) return [];
  const message = 'Required value: name or generateName is required';
  return [{ reason: 'FieldValueRequired', message, field: 'metadata.name' }];
}

export function validateUpdate(
  _resource: Resource,
  _object: KubeObject,
  _old: KubeObject,
  _subresource: string,
): StatusCause[] {
  return [];
}
