// Our extension `digest`: on connect an edge says what it has, and the cloud sends only what differs.

import { fingerprintLength } from './fingerprint.ts';
import type { Message } from './message.ts';

/**
 * The first request of an edge that was granted `digest`: source `metamanager`, group `meta`, operation `query`,
 * resource `null/digest/<node>`, content a `Digest`. The cloud answers with operation `response` and content `"OK"`
 * once everything that differs has been queued; each difference travels as the usual insert, update or delete.
 * An edge with an empty store sends no entries, and gets everything.
 */
export interface Digest {
  /** Fingerprints by resource as on the wire: `<namespace>/<type>/<name>`, `null/node/<name>`. */
  readonly objects: Readonly<Record<string, string>>;
}

export const digestType = 'digest';
/** An edge with more objects than this gets everything again. */
export const maxDigestEntries = 20_000;

export function digestResource(node: string): string {
  return `null/${digestType}/${node}`;
}

/** The digest in a message's content, or undefined when it is none. */
export function parseDigest(content: Message['content']): Digest | undefined {
  const objects = (content as { objects?: unknown } | null | undefined)?.objects;
  if (typeof objects !== 'object' || objects === null || Array.isArray(objects)) return undefined;
  const entries = Object.entries(objects as Record<string, unknown>);
  if (entries.length > maxDigestEntries) return undefined;
  const valid = entries.every(([key, value]) => isResource(key) && isFingerprint(value));
  return valid ? { objects: objects as Record<string, string> } : undefined;
}

function isResource(text: string): boolean {
  return text.length <= 600 && text.split('/').length === 3;
}

function isFingerprint(value: unknown): boolean {
  return typeof value === 'string' && value.length === fingerprintLength;
}
