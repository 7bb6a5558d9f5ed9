// DELETE of one object.

import type { KubeObject } from '@selvedge/kubernetes';
import { type Answer, jsonAnswer } from '../api-request.ts';
import { readDeleteOptions } from '../delete-options.ts';
import { metaOf } from '../object-meta.ts';
import { removeObject } from '../object-remover.ts';
import { objectAnswer } from '../output/object-answer.ts';
import type { Resource } from '../registry/resource.ts';
import type { VerbCall } from './target.ts';

/** The kinds whose deletion answers with the object that was deleted. */
const returned = new Set([
  'persistentvolumeclaims',
  'persistentvolumes',
  'pods',
  'podtemplates',
  'resourcequotas',
  'serviceaccounts',
  'services',
]);

export async function deleteVerb(call: VerbCall): Promise<Answer> {
  const { context, request, target } = call;
  const { resource, namespace, name } = target;
  const deletion = readDeleteOptions({
    schemas: context.schemas,
    query: request.query,
    body: await request.readBody(),
    contentType: request.headers['content-type'] ?? '',
  });
  const removal = await removeObject(
    context,
    { resource, namespace, name },
    { user: request.user, dryRun: deletion.dryRun, deletion },
  );
  if (removal.kind === 'marked') {
    return objectAnswer(call, removal.entry, deletion.orphanDependents === false ? 202 : 200);
  }
  if (resource.group === '' && returned.has(resource.resource)) return jsonAnswer(200, removal.object);
  return jsonAnswer(200, deletedStatus(resource, removal.object));
}

function deletedStatus({ group, resource }: Resource, object: KubeObject): object {
  const { name, uid } = metaOf(object);
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group === '' ? {} : { group }), kind: resource, uid },
  };
}
