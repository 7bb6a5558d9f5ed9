// What tells two versions of an object apart for a node: a hash over all that a node acts on, the same at both ends of the wire.

import { createHash } from 'node:crypto';
import type { KubeObject } from '@selvedge/kubernetes';

/** Hexadecimal digits of a fingerprint: 48 bits, compared only between versions of one object. */
export const fingerprintLength = 12;

/** Top-level fields that do not count: type names are absent in lists, and status is the node's own report. */
const ignoredFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);
/** These change with every write, also with those that mean nothing to a node. */
const ignoredMetadata: ReadonlySet<string> = new Set([
  'resourceVersion',
  'generation',
  'managedFields',
  'selfLink',
]);

/**
 * The fingerprint of an object: equal for versions that differ only in status and bookkeeping, so a node need not be
 * sent those. The uid counts, so an object made anew under the same name differs.
 */
export function fingerprint(object: KubeObject): string {
  const metadata = pick((object.metadata ?? {}) as Record<string, unknown>, ignoredMetadata);
  const text = JSON.stringify([metadata, pick(object, ignoredFields)]);
  return createHash('sha256').update(text).digest('hex').slice(0, fingerprintLength);
}

/** The fields in one order, whatever order the object was written in. */
function pick(object: Readonly<Record<string, unknown>>, ignored: ReadonlySet<string>): [string, unknown][] {
  return Object.keys(object)
    .filter((key) => !ignored.has(key))
    .sort()
    .map((key) => [key, object[key]]);
}
