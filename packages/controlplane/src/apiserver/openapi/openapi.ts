// Answers `/openapi/v3`: what kubectl validates and explains with.

import { type Answer, jsonAnswer } from '../api-request.ts';
import type { ApiContext } from '../context.ts';

const root = '/openapi/v3';

export function answerOpenApi(context: ApiContext, path: string): (() => Answer) | undefined {
  if (path === root) return () => jsonAnswer(200, context.openApi.index());
  if (!path.startsWith(`${root}/`)) return undefined;
  const document = context.openApi.document(path.slice(root.length + 1));
  return document && (() => jsonAnswer(200, document));
}
