// The fault for an API server's refusal: it carries the server's Status, whose reason is what callers test.

import { Fault } from '@selvedge/base';
import type { Status } from '@selvedge/kubernetes';

/** Reasons after which the same request may succeed later. */
const retryableReasons = new Set([
  'TooManyRequests',
  'ServerTimeout',
  'ServiceUnavailable',
  'Timeout',
  'InternalError',
]);

/** What a bare HTTP status means where the server's answer is no Status object. */
const reasonOfCode: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

export class ApiFault extends Fault {
  readonly status: Status;
  /** The Status' reason: `NotFound`, `AlreadyExists`, `Conflict`, `Expired` … */
  readonly reason: string;

  constructor(status: Status) {
    const reason = status.reason || reasonOfCode[status.code ?? 0] || 'Unknown';
    super(
      'client/api-error',
      status.message || `the server answered ${status.code ?? 'with an error'} (${reason})`,
      {
        retryable: retryableReasons.has(reason),
      },
    );
    this.status = status;
    this.reason = reason;
  }
}

export function isApiFault(error: unknown, ...reasons: readonly string[]): error is ApiFault {
  return error instanceof ApiFault && (reasons.length === 0 || reasons.includes(error.reason));
}

const maxQuotedLength = 1_000;

/** The fault for an answer with an error status, whatever its body holds. */
export function apiFaultOf(code: number, body: string): ApiFault {
  const status = parseStatus(body);
  if (status) return new ApiFault({ ...status, code: status.code ?? code });
  const quoted = body.trim().slice(0, maxQuotedLength);
  return new ApiFault({
    code,
    status: 'Failure',
    message: quoted ? `the server answered ${code}: ${quoted}` : '',
  });
}

function parseStatus(body: string): Status | undefined {
  if (!body.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return isStatus(value) ? value : undefined;
  } catch {
    // Not JSON after all: the caller quotes the text instead.
    return undefined;
  }
}

export function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
}
