// The edge must not load the schema table: what it uses of this package may not lead to it.

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';

const source = new URL('./', import.meta.url);

/** Files that a file loads, at any depth; imports of types load nothing. */
function loadedBy(file: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(file.href)) return seen;
  seen.add(file.href);
  if (!file.pathname.endsWith('.ts')) return seen;
  const text = readFileSync(file, 'utf8');
  for (const [, clause = '', path = ''] of text.matchAll(/^(?:import|export) ([^;]*?)from '(\.[^']+)'/gm)) {
    if (!clause.startsWith('type ')) loadedBy(new URL(path, file), seen);
  }
  return seen;
}

test('neither the package itself nor its patches load the schema table', () => {
  for (const entry of ['index.ts', 'patch/index.ts']) {
    const heavy = [...loadedBy(new URL(entry, source))].filter((file) =>
      /\/(schema|defaults|apply)\//.test(file),
    );
    expect(heavy, entry).toEqual([]);
  }
});

test('the test sees what it looks for', () => {
  expect([...loadedBy(new URL('schema/index.ts', source))].some((file) => file.endsWith('.gen.json'))).toBe(
    true,
  );
});
