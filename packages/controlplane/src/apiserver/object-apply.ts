// Server-side apply: merges what one manager wants into an object, refusing what others own unless told to force.

import type { KubeObject } from '@selvedge/kubernetes';
import { applyConfiguration } from '@selvedge/kubernetes/apply';
import { fieldManagerContext } from './managed-fields.ts';
import { checkKind, decodeAlongSchema } from './object-decoder.ts';
import type { PatchType } from './object-patch.ts';
import type { WriteOptions } from './query-options.ts';
import { refuse, StatusError } from './status-error.ts';
import type { VerbCall } from './verbs/target.ts';

export interface ApplyRequest {
  readonly call: VerbCall;
  readonly old: KubeObject | undefined;
  readonly patch: KubeObject;
  readonly options: WriteOptions;
  readonly warn: (text: string) => void;
}

/** Apply needs a manager, and it alone can be forced. */
export function checkPatchOptions(query: URLSearchParams, type: PatchType): void {
  const kind = { group: 'meta.k8s.io', kind: 'PatchOptions' };
  if (type === 'apply' && !query.get('fieldManager')) {
    const message = 'Required value: is required for apply patch';
    throw refuse.invalid(kind, '', [{ reason: 'FieldValueRequired', message, field: 'fieldManager' }]);
  }
  if (type !== 'apply' && query.get('force') !== null) {
    const message = 'Forbidden: may not be specified for non-apply patch';
    throw refuse.invalid(kind, '', [{ reason: 'FieldValueForbidden', message, field: 'force' }]);
  }
}

export function applyObject({ call, old, patch, options, warn }: ApplyRequest): KubeObject {
  const { schemas, clock } = call.context;
  const { resource, subresource, name } = call.target;
  const manager = fieldManagerContext({
    schemas,
    resource,
    fieldManager: options.fieldManager,
    subresource: subresource?.name ?? '',
    nowMs: clock.now(),
  });
  if (!manager) return { ...old, ...patch };
  const configuration = withName(checkKind(patch, resource), name);
  const result = applyConfiguration(manager, { live: old, configuration, force: options.force ?? false });
  if (result.kind === 'conflict') {
    throw new StatusError({
      code: 409,
      reason: 'Conflict',
      message: result.message,
      details: { causes: result.causes },
    });
  }
  if (result.kind === 'refused') {
    throw result.status === 400
      ? refuse.badRequest(result.message)
      : new StatusError({ code: 500, reason: '', message: result.message });
  }
  return decodeAlongSchema(
    { schemas, type: resource, fieldValidation: options.fieldValidation, warn },
    result.object,
    {
      refusal: (why) => refuse.badRequest(why),
    },
  );
}

/** The path says which object is meant; the configuration may leave it out but not name another. */
function withName(patch: KubeObject, name: string): KubeObject {
  const metadata = patch.metadata ?? {};
  if (metadata.name && metadata.name !== name) throw refuse.otherName(metadata.name, name);
  return { ...patch, metadata: { ...metadata, name } };
}
