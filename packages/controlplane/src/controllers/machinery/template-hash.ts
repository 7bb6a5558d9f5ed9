// The hash that names a pod template: equal templates get equal names, whatever the order of their fields. Pure.

/** Without vowels and look-alikes, so that no word or doubtful character appears in a name. */
export const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** FNV-1a (32 bit) over the canonical JSON of the value and the number of collisions met so far. */
export function templateHash(value: unknown, collisionCount = 0): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${canonicalJson(value)}#${collisionCount}`)) {
    hash ^= byte;
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  let text = '';
  for (const digit of String(hash)) text += nameAlphabet[digit.charCodeAt(0) % nameAlphabet.length];
  return text;
}

/** JSON with sorted keys and without absent values. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
