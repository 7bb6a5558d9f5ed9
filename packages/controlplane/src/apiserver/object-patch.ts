// Applies a patch of one of Kubernetes' four types to an object.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Resource } from './registry/resource.ts';
import { refuse } from './status-error.ts';

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
  if (!found) throw refuse.unsupportedMediaType(served.map(([name]) => name));
  return found[1];
}

export interface PatchRequest {
  readonly resource: Resource;
  readonly type: PatchType;
  readonly patch: unknown;
  readonly old: KubeObject;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  readonly warn: (text: string) => void;
}

export function applyPatch({ type, patch, old }: PatchRequest): KubeObject {
  if (type === 'json') throw refuse.badRequest('not yet');
  return mergePatch(old, patch) as KubeObject;
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = mergePatch(result[field], value);
  }
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
