// GET of one object: its stored bytes, in the form that the client accepts.

import type { Answer } from '../api-request.ts';
import { objectAnswer } from '../output/object-answer.ts';
import { storageKey } from '../registry/resource.ts';
import { refuse } from '../status-error.ts';
import type { VerbCall } from './target.ts';

export function getVerb(call: VerbCall): Answer {
  const { context, target } = call;
  const { resource, namespace, name } = target;
  const entry = context.store.collection(resource.collection).get(storageKey(namespace, name));
  if (!entry) throw refuse.notFound(resource, name);
  return objectAnswer(call, entry, 200);
}
