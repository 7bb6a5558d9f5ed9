// DELETE of all objects that the selectors let through.

import type { Answer } from '../api-request.ts';
import { readDeleteOptions } from '../delete-options.ts';
import { removeObject } from '../object-remover.ts';
import { listAnswer } from '../output/list-answer.ts';
import { readListOptions } from '../query-options.ts';
import { matches } from '../selectors.ts';
import { StatusError } from '../status-error.ts';
import { readSelector } from './selector.ts';
import type { VerbCall } from './target.ts';

export async function deleteCollectionVerb(call: VerbCall): Promise<Answer> {
  const { context, request, target } = call;
  const { resource, namespace } = target;
  const options = readListOptions(request.query, false);
  const selector = readSelector(target, options);
  const deletion = readDeleteOptions({
    schemas: context.schemas,
    query: request.query,
    body: await request.readBody(),
    contentType: request.headers['content-type'] ?? '',
  });
  const prefix = namespace === '' ? '' : `${namespace}/`;
  const listed = context.store.collection(resource.collection).list({ prefix });
  const entries =
    listed.kind === 'entries' ? [...listed.entries].filter((entry) => matches(selector, entry)) : [];
  const revision = String(context.store.revision);
  await Promise.all(
    entries.map(async ({ key }) => {
      const slash = key.indexOf('/');
      const at =
        slash === -1
          ? { namespace: '', name: key }
          : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
      try {
        await removeObject(
          context,
          { resource, ...at },
          { user: request.user, dryRun: deletion.dryRun, deletion },
        );
      } catch (error) {
        // Somebody else deleted it first, which is what was asked for.
        if (!(error instanceof StatusError && error.code === 404)) throw error;
      }
    }),
  );
  return listAnswer(call, entries, { resourceVersion: revision });
}
