// What the API server answers besides resources: health, version, discovery, OpenAPI, metrics.

import { type Answer, type ApiRequest, jsonAnswer, textAnswer } from './api-request.ts';
import type { ApiContext } from './context.ts';
import { discover } from './discovery.ts';
import { answerHealth } from './health.ts';
import type { PathRequest } from './request-info.ts';
import { refuse } from './status-error.ts';
import { serverVersion } from './version.ts';

export function answerPath(
  context: ApiContext,
  request: ApiRequest,
  info: PathRequest,
): Answer | Promise<Answer> {
  const path = info.path.length > 1 ? info.path.replace(/\/+$/, '') : info.path;
  const answer = answerKnown(context, request, path);
  if (!answer) return textAnswer(404, '404 page not found\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') throw refuse.methodNotAllowed();
  return answer();
}

function answerKnown(
  context: ApiContext,
  request: ApiRequest,
  path: string,
): (() => Answer | Promise<Answer>) | undefined {
  if (path === '/version') return () => jsonAnswer(200, serverVersion);
  if (path === '/metrics') {
    return () =>
      textAnswer(200, context.metrics.render(context.store), 'text/plain; version=0.0.4; charset=utf-8');
  }
  if (path === '/') return () => jsonAnswer(200, { paths: rootPaths(context) });
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return answerHealth(context, request, path);
  if (path === '/.well-known/openid-configuration')
    return () => jsonAnswer(200, context.tokens.configuration());
  if (path === '/openid/v1/jwks') return () => jsonAnswer(200, context.tokens.keySet());
  return discover(context, request, path);
}

function rootPaths(context: ApiContext): string[] {
  const groups = context.registry.groups().filter((group) => group.name !== '');
  const apis = groups.flatMap((group) => [
    `/apis/${group.name}`,
    ...group.versions.map((served) => `/apis/${group.name}/${served.version}`),
  ]);
  const others = ['/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];
  return ['/.well-known/openid-configuration', '/api', '/api/v1', '/apis', ...apis, ...others];
}
