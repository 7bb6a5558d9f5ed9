// Turns what was thrown below a verb into an answer: the one border where errors become HTTP statuses.

import { isFault, type Logger } from '@selvedge/base';
import { type Answer, jsonAnswer } from './api-request.ts';
import { refuse, StatusError } from './status-error.ts';

export function errorAnswer(error: unknown, logger: Logger): Answer {
  const status = asStatus(error, logger);
  const retry = status.details?.retryAfterSeconds;
  const headers = {
    'cache-control': 'no-cache, private',
    ...(retry === undefined ? {} : { 'retry-after': String(retry) }),
  };
  return jsonAnswer(status.code, { ...status.toObject(), ...listMeta(error) }, headers);
}

function asStatus(error: unknown, logger: Logger): StatusError {
  if (error instanceof StatusError) return error;
  if (isFault(error, 'store/overloaded'))
    return refuse.tooManyRequests('too many writes, please try again later', 1);
  if (isFault(error, 'store/write-failed'))
    return refuse.internal(`the object could not be stored: ${causeOf(error)}`);
  if (isFault(error, 'store/closed')) return refuse.unavailable('the server is shutting down');
  logger.error('request failed unexpectedly', {
    error: error instanceof Error ? error.stack : String(error),
  });
  return refuse.internal(error instanceof Error ? error.message : String(error));
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** A 410 on a page of a list carries the token to go on with. */
function listMeta(error: unknown): object {
  const metadata = (error as { listMeta?: object } | null)?.listMeta;
  return metadata ? { metadata } : {};
}
