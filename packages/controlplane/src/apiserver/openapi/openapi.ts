// OpenAPI v3 (and v2) documents of what is served, for kubectl's validation and `explain`.

import { type Answer, type ApiRequest, jsonAnswer } from '../api-request.ts';
import type { ApiContext } from '../context.ts';

export function answerOpenApi(
  _context: ApiContext,
  _request: ApiRequest,
  path: string,
): (() => Answer) | undefined {
  if (path === '/openapi/v3') return () => jsonAnswer(200, { paths: {} });
  return undefined;
}
