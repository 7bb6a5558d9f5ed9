// A status patch may carry status and identity only: the API's status subresources would also take labels and annotations from it.

import { forbidden } from './refusal.ts';
import { recordAt } from './request.ts';

const allowedFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);
const allowedMetadata: ReadonlySet<string> = new Set(['name', 'namespace', 'uid', 'resourceVersion']);

export function onlyStatus(
  subject: { resource: string; name: string },
  patch: Record<string, unknown>,
): void {
  const outside = Object.keys(patch).filter((field) => !allowedFields.has(field));
  const metadata = Object.keys(recordAt(patch, 'metadata') ?? {}).filter(
    (field) => !allowedMetadata.has(field),
  );
  const refused = [...outside, ...metadata.map((field) => `metadata.${field}`)];
  if (refused.length > 0) throw forbidden(subject, `a status patch may not change ${refused.join(', ')}`);
}
