import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { expand } from './expansion.ts';

const known: Record<string, string> = { A: 'one', B: '$(A)', EMPTY: '' };
const lookUp = (name: string) => (Object.hasOwn(known, name) ? known[name] : undefined);

test('references are replaced once, escapes undone, everything else left', () => {
  const cases: [string, string][] = [
    ['', ''],
    ['plain', 'plain'],
    ['$(A)', 'one'],
    ['a$(A)b$(EMPTY)c', 'aonebc'],
    ['$(B)', '$(A)'], // not expanded again
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$one'],
    ['$(UNKNOWN)', '$(UNKNOWN)'],
    ['$(A', '$(A'],
    ['$()', '$()'],
    ['$A', '$A'],
    ['cost: 5$', 'cost: 5$'],
    ['$$', '$'],
    ['$$$$', '$$'],
    ['$(A)$(A)', 'oneone'],
    ['$((A))', '$((A))'],
  ];
  for (const [text, expanded] of cases) expect(expand(text, lookUp)).toBe(expanded);
});

test('a text without a dollar sign is never changed, and doubled signs always come back as one', () => {
  fc.assert(
    fc.property(fc.string(), (text) => expand(text.replaceAll('$', ''), lookUp) === text.replaceAll('$', '')),
  );
  fc.assert(fc.property(fc.string(), (text) => expand(text.replaceAll('$', '$$$$'), lookUp) === text));
});
