// UPDATE: PUT of a whole object, also of its status.

import type { Answer } from '../api-request.ts';
import { decodeObject } from '../object-decoder.ts';
import { checkName, settleNamespace } from '../object-meta.ts';
import { updateObject } from '../object-writer.ts';
import { objectAnswer } from '../output/object-answer.ts';
import { readWriteOptions } from '../query-options.ts';
import type { VerbCall } from './target.ts';

export async function updateVerb(call: VerbCall): Promise<Answer> {
  const { context, request, target } = call;
  const { resource, namespace, name, subresource } = target;
  const options = readWriteOptions(request.query, 'UpdateOptions', request.headers['user-agent'] ?? '');
  const warn = (text: string) => void request.warnings.push(text);
  const object = decodeObject({
    schemas: context.schemas,
    type: resource,
    body: await request.readBody(),
    contentType: request.headers['content-type'] ?? '',
    fieldValidation: options.fieldValidation,
    warn,
  });
  settleNamespace(resource, object, namespace);
  checkName(object, name);
  const written = await updateObject(
    context,
    {
      resource,
      namespace,
      name,
      change: () => object,
      createIfAbsent: subresource === undefined && (resource.strategy.createOnUpdate ?? false),
    },
    {
      user: request.user,
      dryRun: options.dryRun,
      fieldManager: options.fieldManager,
      subresource: subresource?.name ?? '',
      warn,
    },
  );
  return objectAnswer(call, written.entry, written.created ? 201 : 200);
}
