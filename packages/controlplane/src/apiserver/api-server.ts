// The API server: a listener and the way of a request through it: who, may they, what, answer.

import type { Answer, ApiRequest } from './api-request.ts';
import type { Authenticator } from './authentication/authenticator.ts';
import { impersonated } from './authentication/impersonation.ts';
import type { User } from './authentication/user.ts';
import { attributesOf, denialText } from './authorization/authorizer.ts';
import type { ApiContext } from './context.ts';
import { dispatch } from './dispatch.ts';
import { errorAnswer } from './error-answer.ts';
import { HttpFront } from './http-front.ts';
import type { IncomingRequest } from './incoming-request.ts';
import { inYaml, prefersYaml } from './output/yaml-answer.ts';
import { type RequestInfo, readRequestInfo } from './request-info.ts';
import { refuse, StatusError } from './status-error.ts';
import { warningHeader } from './warnings.ts';

export interface ApiServerOptions {
  readonly context: ApiContext;
  readonly authenticator: Authenticator;
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly certificate: string;
  readonly clientCa: string;
}

export function startApiServer(options: ApiServerOptions): Promise<HttpFront> {
  const { context, authenticator, ...listener } = options;
  return HttpFront.listen({
    ...listener,
    maxBodyBytes: context.limits.maxBodyBytes,
    maxHeaderBytes: context.limits.maxHeaderBytes,
    logger: context.logger,
    handle: (request) => handle(context, authenticator, request),
  });
}

async function handle(
  context: ApiContext,
  authenticator: Authenticator,
  incoming: IncomingRequest,
): Promise<Answer> {
  const startedMs = context.clock.monotonic();
  const warnings: string[] = [];
  const { path, query } = splitUrl(incoming.url);
  const info = readRequestInfo(incoming.method, path, query);
  let answer: Answer;
  try {
    const user = authorizedUser(context, authenticator, { incoming, info });
    const request: ApiRequest = {
      method: incoming.method,
      path,
      query,
      headers: incoming.headers,
      info,
      user,
      signal: incoming.signal,
      readBody: incoming.readBody,
      warnings,
      upgrade: incoming.upgrade,
      body: incoming.body,
    };
    answer = await dispatch(context, request);
    if (prefersYaml(request.headers.accept)) answer = inYaml(answer);
  } catch (error) {
    answer = errorAnswer(error, context.logger);
  }
  const status = answer.kind === 'bytes' ? answer.status : 200;
  const seconds = (context.clock.monotonic() - startedMs) / 1000;
  const { group, resource } = info.kind === 'resource' ? info : { group: '', resource: '' };
  context.metrics.count({ verb: info.verb, group, resource, code: status, seconds });
  return withWarnings(answer, warnings);
}

function authorizedUser(
  context: ApiContext,
  authenticator: Authenticator,
  { incoming, info }: { incoming: IncomingRequest; info: RequestInfo },
): User {
  const user = impersonated(incoming.headers, authenticator.authenticate(incoming), context.authorizer);
  const attributes = attributesOf(info);
  const decision = context.authorizer.decide(user, attributes);
  if (decision.kind === 'allow') return user;
  const why = decision.reason === '' ? '' : `: ${decision.reason}`;
  const text = `${denialText(user, attributes)}${why}`;
  if (attributes.kind === 'resource') throw refuse.forbidden(attributes, attributes.name, text);
  throw new StatusError({ code: 403, reason: 'Forbidden', message: `forbidden: ${text}`, details: {} });
}

function withWarnings(answer: Answer, warnings: readonly string[]): Answer {
  if (answer.kind !== 'bytes' || warnings.length === 0) return answer;
  return { ...answer, headers: { ...answer.headers, warning: warningHeader(warnings) } };
}

function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?');
  if (mark === -1) return { path: url, query: new URLSearchParams() };
  return { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}
