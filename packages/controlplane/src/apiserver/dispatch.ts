// From an authorized request to the code that answers it: verbs on resources, subresources, and plain paths.

import type { Answer, ApiRequest } from './api-request.ts';
import type { ApiContext } from './context.ts';
import { answerPath } from './paths.ts';
import { subresourceOf } from './registry/resource.ts';
import { answerReview, reviewerOf } from './reviews/reviews.ts';
import { refuse } from './status-error.ts';
import { subresourceHandler } from './subresources/handlers.ts';
import { createVerb } from './verbs/create.ts';
import { deleteVerb } from './verbs/delete.ts';
import { deleteCollectionVerb } from './verbs/delete-collection.ts';
import { getVerb } from './verbs/get.ts';
import { listVerb } from './verbs/list.ts';
import { patchVerb } from './verbs/patch.ts';
import type { Target, VerbCall } from './verbs/target.ts';
import { updateVerb } from './verbs/update.ts';
import { watchVerb } from './verbs/watch.ts';

const verbs: Readonly<Record<string, (call: VerbCall) => Answer | Promise<Answer>>> = {
  get: getVerb,
  list: listVerb,
  watch: watchVerb,
  create: createVerb,
  update: updateVerb,
  patch: patchVerb,
  delete: deleteVerb,
  deletecollection: deleteCollectionVerb,
};

const readsMany = new Set(['list', 'watch']);

export async function dispatch(context: ApiContext, request: ApiRequest): Promise<Answer> {
  if (request.info.kind === 'path') return answerPath(context, request, request.info);
  const target = findTarget(context, request);
  if (!target)
    return answerPath(context, request, { kind: 'path', verb: request.info.verb, path: request.path });
  const call: VerbCall = { context, request, target };
  if (target.subresource) return subresourceHandler(call)(call);
  const reviewer = target.info.verb === 'create' ? reviewerOf(target.resource) : undefined;
  if (reviewer) return answerReview(call, reviewer);
  const handler = verbs[target.info.verb];
  const creatable = target.info.verb !== 'create' || target.name === '';
  if (!handler || !target.resource.verbs.includes(target.info.verb) || !creatable)
    throw refuse.methodNotAllowed();
  return handler(call);
}

/** Undefined when the group and version are not served at all: then the path is just unknown. */
function findTarget(context: ApiContext, request: ApiRequest): Target | undefined {
  const { info } = request;
  if (info.kind === 'path') return undefined;
  const resource = context.registry.find(info.group, info.version, info.resource);
  if (!resource) {
    if (!context.registry.hasGroupVersion(info.group, info.version)) return undefined;
    throw refuse.noSuchResource();
  }
  const subresource = info.subresource === '' ? undefined : subresourceOf(resource, info.subresource);
  if (info.subresource !== '' && !subresource) throw refuse.noSuchResource();
  const namespace = resource.namespaced ? info.namespace : '';
  if (resource.namespaced && namespace === '' && info.name !== '') throw refuse.noSuchResource();
  // Of all namespaces together there are lists and watches alone; of a collection, what is for one object is not.
  const isForOne = info.name === '' && ['update', 'patch'].includes(info.verb);
  const isForNamespace = resource.namespaced && namespace === '' && !readsMany.has(info.verb);
  if (isForOne || isForNamespace) throw refuse.methodNotAllowed();
  if (!resource.namespaced && info.namespace !== '' && resource.resource !== 'namespaces')
    throw refuse.noSuchResource();
  return { resource, subresource, namespace, name: info.name, info };
}
