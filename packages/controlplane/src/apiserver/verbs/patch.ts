// PATCH: JSON, merge and strategic merge patches, and server-side apply, of an object or its status.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Answer } from '../api-request.ts';
import { applyObject, checkPatchOptions } from '../object-apply.ts';
import { decodePatch } from '../object-decoder.ts';
import { checkName, settleNamespace } from '../object-meta.ts';
import { applyPatch, readPatchType } from '../object-patch.ts';
import { updateObject } from '../object-writer.ts';
import { objectAnswer } from '../output/object-answer.ts';
import { readWriteOptions } from '../query-options.ts';
import type { VerbCall } from './target.ts';

export async function patchVerb(call: VerbCall): Promise<Answer> {
  const { context, request, target } = call;
  const { resource, namespace, name } = target;
  const type = readPatchType(resource, request.headers['content-type'] ?? '');
  const options = readWriteOptions(request.query, 'PatchOptions', request.headers['user-agent'] ?? '');
  checkPatchOptions(request.query, type);
  const body = await request.readBody();
  const patch = decodePatch(body, type);
  const warn = (text: string) => void request.warnings.push(text);
  const patched = (old: KubeObject | undefined): KubeObject =>
    type === 'apply'
      ? applyObject({ call, old, patch: patch as KubeObject, options, warn })
      : applyPatch({
          schemas: context.schemas,
          resource,
          type,
          patch,
          old: old as KubeObject,
          fieldValidation: options.fieldValidation,
          warn,
        });
  const change = (old: KubeObject | undefined): KubeObject => {
    const object = patched(old);
    settleNamespace(resource, object, namespace);
    checkName(object, name);
    return object;
  };
  const written = await updateObject(
    context,
    {
      resource,
      namespace,
      name,
      change,
      createIfAbsent: type === 'apply' && target.subresource === undefined,
      managedFieldsAreFinal: type === 'apply',
      isPatch: type !== 'apply',
    },
    {
      user: request.user,
      dryRun: options.dryRun,
      fieldManager: options.fieldManager,
      subresource: target.subresource?.name ?? '',
      warn,
    },
  );
  return objectAnswer(call, written.entry, written.created ? 201 : 200);
}
