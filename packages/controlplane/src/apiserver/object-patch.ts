// Applies a patch of one of Kubernetes' three plain types to an object, and reads the outcome along the schema.

import type { KubeObject } from '@selvedge/kubernetes';
import { conversionError } from '@selvedge/kubernetes/decode';
import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  type PatchResult,
} from '@selvedge/kubernetes/patch';
import { checkKind, decodeAlongSchema, type FieldValidation } from './object-decoder.ts';
import type { Resource } from './registry/resource.ts';
import type { ResourceSchemas } from './registry/resource-schemas.ts';
import { refuse, StatusError } from './status-error.ts';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const mediaTypes: ReadonlyArray<readonly [string, PatchType]> = [
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/strategic-merge-patch+json', 'strategic'],
  ['application/apply-patch+yaml', 'apply'],
];

export function readPatchType(resource: Resource, contentType: string): PatchType {
  const mediaType = contentType.split(';')[0]?.trim() ?? '';
  const served = mediaTypes.filter(([, type]) => !(resource.custom && type === 'strategic'));
  const found = served.find(([name]) => name === mediaType);
  if (!found) {
    const isPatch = mediaTypes.some(([name]) => name === mediaType);
    throw isPatch ? refuse.unsupportedMediaType(served.map(([name]) => name)) : refuse.notAPatch();
  }
  return found[1];
}

export interface PatchRequest {
  readonly schemas: ResourceSchemas;
  readonly resource: Resource;
  readonly type: Exclude<PatchType, 'apply'>;
  readonly patch: unknown;
  /** Taken over: changed in place. */
  readonly old: KubeObject;
  readonly fieldValidation: FieldValidation;
  readonly warn: (text: string) => void;
}

export function applyPatch(request: PatchRequest): KubeObject {
  const { schemas, resource, type } = request;
  const patched = settle(patchObject(request));
  if (typeof patched !== 'object' || patched === null || Array.isArray(patched)) {
    throw invalidPatch(patched, 'the patched object is not an object');
  }
  const schema = schemas.schemaOf(resource);
  const wrong = type === 'strategic' && schema ? conversionError(schema, patched) : undefined;
  if (wrong !== undefined) throw invalidPatch(patched, wrong);
  return decodeAlongSchema({ ...request, type: resource }, checkKind(patched as KubeObject, resource), {
    refusal: (why) => invalidPatch(patched, why),
  });
}

function patchObject({ schemas, resource, type, patch, old }: PatchRequest): PatchResult {
  const schema = schemas.schemaOf(resource);
  if (type === 'json') return applyJsonPatch(old, patch);
  if (type === 'strategic' && schema) return applyStrategicMergePatch(old, patch, schema);
  return { kind: 'patched', object: applyMergePatch(old, patch) };
}

const reasons = {
  400: 'BadRequest',
  413: 'RequestEntityTooLarge',
  422: 'Invalid',
  500: 'InternalError',
} as const;

function settle(result: PatchResult): unknown {
  if (result.kind === 'patched') return result.object;
  throw new StatusError({
    code: result.status,
    reason: reasons[result.status],
    message: result.message,
    details: {},
  });
}

function invalidPatch(patched: unknown, why: string): StatusError {
  const shown = JSON.stringify(JSON.stringify(patched));
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: ` "" is invalid: patch: Invalid value: ${shown}: ${why}`,
    details: {
      causes: [{ reason: 'FieldValueInvalid', message: `Invalid value: ${shown}: ${why}`, field: 'patch' }],
    },
  });
}
