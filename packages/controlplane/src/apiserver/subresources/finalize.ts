// namespaces/finalize: takes finalizers off a terminating namespace; with the last one it is gone.

import type { KubeObject } from '@selvedge/kubernetes';
import { type Answer, jsonAnswer } from '../api-request.ts';
import { decodeObject } from '../object-decoder.ts';
import { metaOf } from '../object-meta.ts';
import { removeObject } from '../object-remover.ts';
import { updateObject } from '../object-writer.ts';
import { objectAnswer } from '../output/object-answer.ts';
import { readWriteOptions } from '../query-options.ts';
import { decodeStored } from '../stored-object.ts';
import type { VerbCall } from '../verbs/target.ts';

export async function finalizeNamespace(call: VerbCall): Promise<Answer> {
  const { context, request, target } = call;
  const { resource, name } = target;
  const options = readWriteOptions(request.query, 'UpdateOptions', request.headers['user-agent'] ?? '');
  const given = decodeObject({
    schemas: context.schemas,
    type: resource,
    body: await request.readBody(),
    contentType: request.headers['content-type'] ?? '',
    fieldValidation: options.fieldValidation,
    warn: (text) => void request.warnings.push(text),
  });
  const { user } = request;
  const written = await updateObject(
    context,
    {
      resource,
      namespace: '',
      name,
      change: (old) => {
        const { resourceVersion, uid } = metaOf(given);
        const object = { ...(old as KubeObject), spec: given.spec };
        object.metadata = {
          ...metaOf(object),
          ...(resourceVersion ? { resourceVersion } : {}),
          ...(uid ? { uid } : {}),
        };
        return object;
      },
    },
    { user, dryRun: options.dryRun, fieldManager: options.fieldManager, subresource: 'finalize' },
  );
  const object = decodeStored(resource, written.entry);
  const held = ((object.spec as { finalizers?: string[] } | undefined)?.finalizers?.length ?? 0) > 0;
  if (held || !metaOf(object).deletionTimestamp || options.dryRun)
    return objectAnswer(call, written.entry, 200);
  const deletion = { dryRun: false };
  await removeObject(context, { resource, namespace: '', name }, { user, deletion });
  return jsonAnswer(200, object);
}
