// Namespaces: active from the start, held by the `kubernetes` finalizer until their contents are gone.

import { metaOf } from '../object-meta.ts';
import type { Strategy } from './strategy.ts';

const nameLabel = 'kubernetes.io/metadata.name';

export const namespaceStrategy: Strategy = {
  status: true,
  fieldNames: ['status.phase', 'name'],
  fields: (object) => ({
    'status.phase': String((object.status as { phase?: string } | undefined)?.phase ?? ''),
    name: metaOf(object).name ?? '',
  }),
  prepareForCreate: (object) => {
    const spec = object.spec as { finalizers?: string[] } | undefined;
    const finalizers = spec?.finalizers ?? [];
    object.spec = {
      ...spec,
      finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'],
    };
    object.status = { phase: 'Active' };
    labelWithName(object);
  },
  markDeleted: (object) => {
    object.status = { ...(object.status as object), phase: 'Terminating' };
  },
  prepareForUpdate: (object, old, { subresource }) => {
    if (subresource !== 'finalize') object.spec = old.spec;
    labelWithName(object);
  },
};

function labelWithName(object: Parameters<typeof metaOf>[0]): void {
  const meta = metaOf(object);
  if (meta.name) meta.labels = { ...meta.labels, [nameLabel]: meta.name };
}
