// UPDATE: PUT of a whole object, also of its status.

import type { Answer } from '../api-request.ts';
import { decodeObject } from '../object-decoder.ts';
import { metaOf, settleNamespace } from '../object-meta.ts';
import { updateObject } from '../object-writer.ts';
import { objectAnswer } from '../output/object-answer.ts';
import { readWriteOptions } from '../query-options.ts';
import { refuse } from '../status-error.ts';
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
  const given = metaOf(object).name;
  if (!given) {
    throw refuse.badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (given !== name) throw refuse.otherName(given, name);
  settleNamespace(resource, object, namespace);
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
