// Our extension `digest`: on connect an edge says what it has, and the cloud sends only what differs.

import { fingerprintLength } from './fingerprint.ts';
import type { Message } from './message.ts';

/**
 * The first request of an edge that was granted `digest`: source `metamanager`, group `meta`, operation `query`,
 * resource `null/digest/<node>`, content a `Digest`. The cloud answers with operation `response` once everything that
 * differs has been queued: with a `DigestAnswer` where the edge asks for one, else with content `"OK"`. Each difference
 * travels as the usual insert, update or delete. An edge with an empty store sends no entries, and gets everything.
 */
export interface Digest {
  /** Fingerprints by resource as on the wire: `<namespace>/<type>/<name>`, `null/node/<name>`. */
  readonly objects: Readonly<Record<string, string>>;
  /** The edge wants to be told what is on its way. */
  readonly listDifferences?: true;
}

export interface DigestAnswer {
  /** The resources of all that was queued: for each of them at least one message follows, or has come already. */
  readonly differences: readonly string[];
}

export const digestType = 'digest';
/** An edge with more objects than this gets everything again. */
export const maxDigestEntries = 20_000;

export function digestResource(node: string): string {
  return `null/${digestType}/${node}`;
}

/** The digest in a message's content, or undefined when it is none. */
export function parseDigest(content: Message['content']): Digest | undefined {
  const { objects, listDifferences } = fields(content);
  if (typeof objects !== 'object' || objects === null || Array.isArray(objects)) return undefined;
  const entries = Object.entries(objects as Record<string, unknown>);
  if (entries.length > maxDigestEntries) return undefined;
  const valid = entries.every(([key, value]) => isResource(key) && isFingerprint(value));
  if (!valid) return undefined;
  return {
    objects: objects as Record<string, string>,
    ...(listDifferences === true && { listDifferences }),
  };
}

/** What the cloud has queued, or undefined when the answer does not say. */
export function parseDigestAnswer(content: Message['content']): DigestAnswer | undefined {
  const { differences } = fields(content);
  if (!Array.isArray(differences) || !differences.every((entry) => typeof entry === 'string'))
    return undefined;
  return { differences };
}

function fields(content: unknown): Record<string, unknown> {
  return typeof content === 'object' && content !== null ? { ...content } : {};
}

function isResource(text: string): boolean {
  return text.length <= 600 && text.split('/').length === 3;
}

function isFingerprint(value: unknown): boolean {
  return typeof value === 'string' && value.length === fingerprintLength;
}
