// Kubernetes Status objects for what cloudcore itself refuses or can not do, worded as an API server words them.

import { describeError } from '@selvedge/base';
import { isApiFault } from '@selvedge/client';
import type { Status } from '@selvedge/kubernetes';

/** A refusal on its way to the answer; never leaves EdgeController. */
export class Refusal extends Error {
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? '');
    this.status = status;
  }
}

interface Subject {
  readonly resource: string;
  readonly name: string;
}

function failure(code: number, reason: string, message: string, subject?: Subject): Status {
  return {
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(subject ? { details: { name: subject.name, kind: subject.resource } } : {}),
    code,
  };
}

export function forbidden(subject: Subject, why: string): Refusal {
  const message = `${subject.resource} "${subject.name}" is forbidden: ${why}`;
  return new Refusal(failure(403, 'Forbidden', message, subject));
}

export function notFound(subject: Subject): Refusal {
  return new Refusal(failure(404, 'NotFound', `${subject.resource} "${subject.name}" not found`, subject));
}

/** The object is there, but made anew since. */
export function otherUid(subject: Subject, wanted: string, present: string): Refusal {
  const why = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${present}`;
  const message = `Operation cannot be fulfilled on ${subject.resource} "${subject.name}": ${why}`;
  return new Refusal(failure(409, 'Conflict', message, subject));
}

export function badRequest(message: string): Refusal {
  return new Refusal(failure(400, 'BadRequest', message));
}

export function tooLarge(message: string): Refusal {
  return new Refusal(failure(413, 'RequestEntityTooLarge', message));
}

export function tooManyRequests(message: string): Refusal {
  return new Refusal(failure(429, 'TooManyRequests', message));
}

/** The Status that tells the edge what went wrong, whatever it was. */
export function statusOf(error: unknown): Status {
  if (error instanceof Refusal) return error.status;
  if (isApiFault(error)) {
    const { kind: _, apiVersion: __, ...status } = error.status;
    return {
      ...status,
      metadata: status.metadata ?? {},
      status: status.status ?? 'Failure',
      reason: error.reason,
    };
  }
  return failure(503, 'ServiceUnavailable', `the API server can not be asked: ${describeError(error)}`);
}
