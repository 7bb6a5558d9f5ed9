// What tells two versions of an object apart for a node: a hash over all that a node acts on, the same at both ends of the wire.

import type { KubeObject, Pod } from '@selvedge/kubernetes';

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
  const gates = gateConditions(object as Pod);
  return hash(JSON.stringify([metadata, pick(object, ignoredFields), ...(gates.length > 0 ? [gates] : [])]));
}

/** The one part of status that others write and a node acts on: what a pod's readiness waits for. */
function gateConditions({ spec, status }: Pod): [type: string, status: string | undefined][] {
  return (spec?.readinessGates ?? []).map(({ conditionType }) => [
    conditionType,
    status?.conditions?.find((condition) => condition.type === conditionType)?.status,
  ]);
}

/** The fields in one order, whatever order the object was written in. */
function pick(object: Readonly<Record<string, unknown>>, ignored: ReadonlySet<string>): [string, unknown][] {
  return Object.keys(object)
    .filter((key) => !ignored.has(key))
    .sort()
    .map((key) => [key, object[key]]);
}

/**
 * Two lanes of FNV-1a with different multipliers, mixed at the end as MurmurHash3 does. Not cryptographic, and need not
 * be: whoever could make two versions of an object collide may write that object anyway.
 */
function hash(text: string): string {
  let left = 0x811c9dc5;
  let right = 0x9747b28c;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    left = Math.imul(left ^ unit, 0x01000193);
    right = Math.imul(right ^ unit, 0x85ebca6b);
  }
  const high = mix(left ^ text.length) >>> 0;
  const low = mix(right ^ left) >>> 16;
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(4, '0');
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
