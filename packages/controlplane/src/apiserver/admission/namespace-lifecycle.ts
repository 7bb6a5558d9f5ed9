// Namespaces: nothing is created in one that is absent or going away, and those that the cluster needs stay.

import { metaOf } from '../object-meta.ts';
import { refuse, StatusError } from '../status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';

const immortal = new Set(['default', 'kube-system', 'kube-public']);

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  mutate: (request) => requireNamespace(request),
  validate: (request) => {
    const { resource, object, operation } = request;
    if (operation !== 'DELETE' || resource.group !== '' || resource.resource !== 'namespaces') return;
    const name = metaOf(object).name ?? '';
    if (immortal.has(name)) throw refuse.forbidden(resource, name, 'this namespace may not be deleted');
  },
};

function requireNamespace({ context, resource, namespace, object, operation }: AdmissionRequest): void {
  if (operation !== 'CREATE' || !resource.namespaced) return;
  const entry = context.store.latest('namespaces', namespace);
  if (!entry) throw refuse.notFound({ group: '', resource: 'namespaces' }, namespace);
  if (entry.header.fields['status.phase'] !== 'Terminating') return;
  const name = metaOf(object).name ?? '';
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const refusal = refuse.forbidden(resource, name, why);
  const causes = [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ];
  throw new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: refusal.message,
    details: { ...refusal.details, causes },
  });
}
