// A status patch may carry status and identity only: the API's status subresources would also take labels and annotations from it.

import { badRequest, forbidden } from './refusal.ts';

const allowedFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);
const allowedMetadata: ReadonlySet<string> = new Set(['name', 'namespace', 'uid', 'resourceVersion']);

export interface StatusPatch {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly status?: unknown;
}

/** The patch made anew from what it may carry: a field that was overlooked here does not reach the API. */
export function statusPatchOf(
  subject: { resource: string; name: string },
  patch: Record<string, unknown>,
): StatusPatch {
  const given = patch.metadata === undefined ? {} : metadataOf(patch.metadata);
  const refused = [
    ...Object.keys(patch).filter((field) => !allowedFields.has(field)),
    ...Object.keys(given)
      .filter((field) => !allowedMetadata.has(field))
      .map((field) => `metadata.${field}`),
  ];
  if (refused.length > 0) throw forbidden(subject, `a status patch may not change ${refused.join(', ')}`);
  const metadata: Record<string, string> = {};
  for (const [field, value] of Object.entries(given)) {
    if (typeof value !== 'string') throw badRequest(`metadata.${field} of a status patch must be a string`);
    metadata[field] = value;
  }
  return {
    ...(patch.metadata === undefined ? {} : { metadata }),
    ...('status' in patch ? { status: patch.status } : {}),
  };
}

/** `null` is no metadata: in a merge patch it takes every label away. */
function metadataOf(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw badRequest('the metadata of a status patch must be an object');
}
