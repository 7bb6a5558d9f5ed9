// CREATE: POST of an object to its collection.

import type { Answer } from '../api-request.ts';
import { decodeObject } from '../object-decoder.ts';
import { createObject } from '../object-writer.ts';
import { objectAnswer } from '../output/object-answer.ts';
import { readOutputFormat } from '../output/output-format.ts';
import { readWriteOptions } from '../query-options.ts';
import type { VerbCall } from './target.ts';

export async function createVerb(call: VerbCall): Promise<Answer> {
  const { context, request, target } = call;
  readOutputFormat(request.headers.accept);
  const options = readWriteOptions(request.query, 'CreateOptions', request.headers['user-agent'] ?? '');
  const warn = (text: string) => void request.warnings.push(text);
  const object = decodeObject({
    schemas: context.schemas,
    type: target.resource,
    body: await request.readBody(),
    contentType: request.headers['content-type'] ?? '',
    fieldValidation: options.fieldValidation,
    warn,
  });
  const written = await createObject(
    context,
    { resource: target.resource, namespace: target.namespace, object },
    { user: request.user, dryRun: options.dryRun, fieldManager: options.fieldManager, warn },
  );
  return objectAnswer(call, written.entry, 201);
}
