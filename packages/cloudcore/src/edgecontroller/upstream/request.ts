// One message from an edge that asks for something: whose it is, what it names, and the parts of its content, checked.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Message } from '@selvedge/wire';
import type { NodeSession } from '../../cloudhub/hub.ts';
import { badRequest, tooLarge } from './refusal.ts';

export interface EdgeRequest {
  readonly session: NodeSession;
  readonly message: Message;
  readonly namespace: string;
  readonly type: string;
  readonly name: string;
}

/** The largest patch or object taken from an edge; an API server takes little more. */
export const maxContentBytes = 1_500_000;

/** How an answer travels. KubeEdge has three forms, and an edge expects the one that belongs to its request. */
export type Answer =
  /** The object itself; `acknowledged` when the edge has to say that it stored it. */
  | { readonly kind: 'object'; readonly object: KubeObject; readonly acknowledged?: boolean }
  /** `{"Object": …, "Err": null}`; some carry the object's version in the header. */
  | { readonly kind: 'result'; readonly object: KubeObject; readonly versioned?: boolean }
  /** Plain text: `OK`, a certificate. */
  | { readonly kind: 'text'; readonly text: string; readonly resourceVersion?: string }
  | { readonly kind: 'none' };

export const ok: Answer = { kind: 'text', text: 'OK' };

/** The content as an object, also where it came as a string of JSON. */
export function contentObject(request: EdgeRequest): KubeObject {
  const { content } = request.message;
  const value = typeof content === 'string' ? parseJson(content) : content;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest(`the content of ${request.type} ${request.message.route.operation} is no object`);
  }
  if (typeof content !== 'string') capSize(JSON.stringify(value).length);
  return value as KubeObject;
}

export interface ContentPatch {
  readonly patchType: 'strategic' | 'merge';
  readonly patch: Record<string, unknown>;
}

/** A patch: a strategic merge patch as a string, as KubeEdge sends it, or a JSON merge patch as an object, as ours may. */
export function contentPatch(request: EdgeRequest): ContentPatch {
  const patchType = typeof request.message.content === 'string' ? 'strategic' : 'merge';
  return { patchType, patch: contentObject(request) };
}

function parseJson(text: string): unknown {
  capSize(text.length);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badRequest(`the content is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function capSize(length: number): void {
  if (length > maxContentBytes)
    throw tooLarge(`the content has ${length} bytes, ${maxContentBytes} are allowed`);
}

/** Fields of untrusted objects, read without trusting their shape. */
export function recordAt(value: unknown, field: string): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const inner = (value as Record<string, unknown>)[field];
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return undefined;
  return inner as Record<string, unknown>;
}

export function textAt(value: unknown, field: string): string {
  if (typeof value !== 'object' || value === null) return '';
  const inner = (value as Record<string, unknown>)[field];
  return typeof inner === 'string' ? inner : '';
}
