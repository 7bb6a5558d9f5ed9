// Which code answers which subresource.

import type { Answer } from '../api-request.ts';
import { refuse } from '../status-error.ts';
import { podLog } from '../streams/pod-log.ts';
import { podAttach, podExec, podPortForward } from '../streams/pod-streams.ts';
import { getVerb } from '../verbs/get.ts';
import { patchVerb } from '../verbs/patch.ts';
import type { VerbCall } from '../verbs/target.ts';
import { updateVerb } from '../verbs/update.ts';
import { createBinding } from './binding.ts';
import { createEviction } from './eviction.ts';
import { finalizeNamespace } from './finalize.ts';
import { getScale, writeScale } from './scale.ts';
import { createToken } from './token.ts';

type Handler = (call: VerbCall) => Answer | Promise<Answer>;

const ofTheObject: Readonly<Record<string, Handler>> = { get: getVerb, update: updateVerb, patch: patchVerb };

const handlers: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  status: ofTheObject,
  approval: ofTheObject,
  ephemeralcontainers: ofTheObject,
  finalize: { update: finalizeNamespace },
  binding: { create: createBinding },
  eviction: { create: createEviction },
  log: { get: podLog },
  exec: { get: podExec, create: podExec },
  attach: { get: podAttach, create: podAttach },
  portforward: { get: podPortForward, create: podPortForward },
  token: { create: createToken },
  scale: { get: getScale, update: writeScale, patch: writeScale },
};

export function subresourceHandler({ target }: VerbCall): Handler {
  const { subresource, info } = target;
  const handler = handlers[subresource?.name ?? '']?.[info.verb];
  if (!handler || !subresource?.verbs.includes(info.verb)) throw refuse.methodNotAllowed();
  return handler;
}
