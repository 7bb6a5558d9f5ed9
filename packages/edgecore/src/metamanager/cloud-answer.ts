// Reads the many shapes of a cloud's answer: an object, {"Object","Err"}, "OK", a Status as Go marshals it, or plain text.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Message } from '@selvedge/wire';

export interface AnswerStatus {
  /** Kubernetes' machine-readable word: `NotFound`, `Conflict`, `AlreadyExists`; '' when the cloud gave none. */
  readonly reason: string;
  readonly message: string;
}

/** Kubernetes has no reason of its own for this conflict: only its words tell it from one that the next try settles. */
const otherUid = /Precondition failed: UID in precondition/;

/** What was asked of the pod with a certain uid: there is none of that uid any more, though perhaps another by its name. */
export function saysPodIsGone({ reason, message }: AnswerStatus): boolean {
  return reason === 'NotFound' || (reason === 'Conflict' && otherUid.test(message));
}

export type CloudAnswer =
  | { readonly kind: 'ok' }
  | { readonly kind: 'object'; readonly object: KubeObject }
  | { readonly kind: 'failed'; readonly status: AnswerStatus };

export function readAnswer(message: Message): CloudAnswer {
  const { content, route } = message;
  if (route.operation === 'error') return failed('', textOf(content));
  if (content === 'OK') return { kind: 'ok' };
  if (typeof content === 'string') return failed('', content);
  if (!isRecord(content)) return failed('', 'the answer is empty');
  if ('ErrStatus' in content) return failedBy(content.ErrStatus);
  if ('Object' in content && 'Err' in content) return readWritten(content);
  if (isStatus(content)) return failedBy(content);
  if (isRecord(content.metadata)) return { kind: 'object', object: content };
  // A plain Go error is marshalled as an empty object.
  return failed('', 'the cloud failed without saying why');
}

function readWritten(content: Record<string, unknown>): CloudAnswer {
  if (isRecord(content.Err)) return failedBy(content.Err.ErrStatus);
  if (typeof content.Err === 'string') return failed('', content.Err);
  return isRecord(content.Object) ? { kind: 'object', object: content.Object } : { kind: 'ok' };
}

function isStatus(content: Record<string, unknown>): boolean {
  return content.kind === 'Status' && content.status === 'Failure';
}

function failedBy(status: unknown): CloudAnswer {
  if (!isRecord(status)) return failed('', 'the cloud failed without saying why');
  return failed(textOf(status.reason), textOf(status.message));
}

function failed(reason: string, message: string): CloudAnswer {
  return { kind: 'failed', status: { reason, message: message.slice(0, 1_000) } };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
