// A request's refusal, as the Status object that Kubernetes answers with; thrown anywhere below a verb, answered in one place.

import type { KubeObject, ResourceType } from '@selvedge/kubernetes';

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(status: { code: number; reason: string; message: string; details?: StatusDetails }) {
    super(status.message);
    this.code = status.code;
    this.reason = status.reason;
    this.details = status.details;
  }

  toObject(): KubeObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    } as KubeObject;
  }
}

type Named = Pick<ResourceType, 'group' | 'resource'>;

export function groupResourceOf({ group, resource }: Named): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function detailsOf({ group, resource }: Named, name: string, more: StatusDetails = {}): StatusDetails {
  return { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource, ...more };
}

export const refuse = {
  badRequest: (message: string) => new StatusError({ code: 400, reason: 'BadRequest', message }),
  otherName: (given: string, name: string) =>
    refuse.badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`),
  unauthorized: () => new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' }),
  notFound: (type: Named, name: string) =>
    new StatusError({
      code: 404,
      reason: 'NotFound',
      message: `${groupResourceOf(type)} ${JSON.stringify(name)} not found`,
      details: detailsOf(type, name),
    }),
  noSuchResource: () =>
    new StatusError({
      code: 404,
      reason: 'NotFound',
      message: 'the server could not find the requested resource',
      details: {},
    }),
  methodNotAllowed: () =>
    new StatusError({
      code: 405,
      reason: 'MethodNotAllowed',
      message: 'the server does not allow this method on the requested resource',
      details: {},
    }),
  notAcceptable: (accepted: readonly string[]) =>
    new StatusError({
      code: 406,
      reason: 'NotAcceptable',
      message: `406: Not Acceptable\n\nAvailable representations: ${accepted.join(', ')}`,
      details: {},
    }),
  alreadyExists: (type: Named, name: string) =>
    new StatusError({
      code: 409,
      reason: 'AlreadyExists',
      message: `${groupResourceOf(type)} ${JSON.stringify(name)} already exists`,
      details: detailsOf(type, name),
    }),
  conflict: (type: Named, name: string, why: string) =>
    new StatusError({
      code: 409,
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on ${groupResourceOf(type)} ${JSON.stringify(name)}: ${why}`,
      details: detailsOf(type, name),
    }),
  gone: (message: string) => new StatusError({ code: 410, reason: 'Expired', message }),
  tooLarge: (limitBytes: number) =>
    new StatusError({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: `Request entity too large: limit is ${limitBytes}`,
    }),
  unsupportedMediaType: (accepted: readonly string[]) =>
    new StatusError({
      code: 415,
      reason: 'UnsupportedMediaType',
      message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    }),
  notAPatch: () =>
    new StatusError({
      code: 415,
      reason: 'UnsupportedMediaType',
      message: '415: Unsupported Media Type',
      details: {},
    }),
  invalid: (kind: { group: string; kind: string }, name: string, causes: readonly StatusCause[]) =>
    new StatusError({
      code: 422,
      reason: 'Invalid',
      message: invalidMessage(kind, name, causes),
      details: {
        ...(name === '' ? {} : { name }),
        ...(kind.group === '' ? {} : { group: kind.group }),
        kind: kind.kind,
        causes,
      },
    }),
  forbidden: (type: Named, name: string, why: string) =>
    new StatusError({
      code: 403,
      reason: 'Forbidden',
      message: `${groupResourceOf(type)}${name === '' ? '' : ` ${JSON.stringify(name)}`} is forbidden: ${why}`,
      details: detailsOf(type, name),
    }),
  tooManyRequests: (message: string, retryAfterSeconds: number) =>
    new StatusError({ code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds } }),
  internal: (message: string) =>
    new StatusError({
      code: 500,
      reason: 'InternalError',
      message: `Internal error occurred: ${message}`,
      details: { causes: [{ message } as StatusCause] },
    }),
  plainInternal: (message: string) => new StatusError({ code: 500, reason: '', message }),
  unavailable: (message: string) => new StatusError({ code: 503, reason: 'ServiceUnavailable', message }),
  timeout: (message: string, causes: readonly StatusCause[] = [], retryAfterSeconds = 1) =>
    new StatusError({
      code: 504,
      reason: 'Timeout',
      message: `Timeout: ${message}`,
      details: { ...(causes.length > 0 ? { causes } : {}), retryAfterSeconds },
    }),
} as const;

function invalidMessage(
  { group, kind }: { group: string; kind: string },
  name: string,
  causes: readonly StatusCause[],
): string {
  const lines = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const groupKind = group === '' ? kind : `${kind}.${group}`;
  return `${groupKind} ${JSON.stringify(name)} is invalid: ${lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`}`;
}
