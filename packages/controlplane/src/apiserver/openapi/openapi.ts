// Answers `/openapi/v3` and, for older clients, `/openapi/v2`: what kubectl validates and explains with.

import { type Answer, jsonAnswer } from '../api-request.ts';
import type { ApiContext } from '../context.ts';

const root = '/openapi/v3';
const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

export function answerOpenApi(context: ApiContext, path: string, accept: string): (() => Answer) | undefined {
  if (path === '/openapi/v2') return () => swaggerAnswer(context, accept);
  if (path === root) return () => jsonAnswer(200, context.openApi.index());
  if (!path.startsWith(`${root}/`)) return undefined;
  const document = context.openApi.document(path.slice(root.length + 1));
  return document && (() => jsonAnswer(200, document));
}

/** Clients before 1.23 write the protobuf type with an `@`. */
function swaggerAnswer({ openApi }: ApiContext, accept: string): Answer {
  const form = accept.includes('proto-openapi.spec.v2') ? 'protobuf' : 'json';
  const contentType = form === 'protobuf' ? protobufType : 'application/json';
  return { kind: 'bytes', status: 200, contentType, chunks: [openApi.swagger(form)] };
}
