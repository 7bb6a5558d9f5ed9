import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { compilePattern } from './pattern.ts';

function matches(pattern: string, text: string): boolean | string {
  const compiled = compilePattern(pattern);
  return compiled.kind === 'compiled' ? compiled.matches(text) : compiled.message;
}

test.each([
  ['', 'anything', true],
  ['b', 'abc', true],
  ['^b', 'abc', false],
  ['^(a+)+$', 'aaa', true],
  ['^a{2,3}$', 'aaaa', false],
  ['^a{2,}?$', 'aaaa', true],
  ['^(?:a|b)*c$', 'ababc', true],
  ['^(?P<x>a)(?i)B$', 'ab', true],
  ['(?i:É)', 'é', true],
  ['^[[:alpha:]]+$', 'abc', true],
  ['^[^[:alpha:]]$', 'a', false],
  ['^[]a]$', ']', true],
  ['^[a-]$', '-', true],
  ['^\\p{Greek}\\pL$', 'ωz', true],
  ['^\\P{^Lu}$', 'A', true],
  ['^\\Qa.b\\E$', 'a.b', true],
  ['^\\Qa.b\\E$', 'axb', false],
  ['^\\x41\\x{1F600}\\101$', 'A😀A', true],
  ['^.$', '\n', false],
  ['(?s)^.$', '\n', true],
  ['^a$', 'a\n', false],
  ['(?m)^a$', 'b\na\nb', true],
  ['\\bfoo\\b', 'a foo.', true],
  ['\\Bo\\z', 'foo', true],
  ['^a{,2}$', 'a{,2}', true],
  ['^x*$', '', true],
])('%p finds something in %p: %p', (pattern, text, found) => {
  expect(matches(pattern, text)).toBe(found);
});

/** As a genuine server answered. */
test.each([
  ['(', 'missing closing ): `(`'],
  [')', 'unexpected ): `)`'],
  ['(?=a)b', 'invalid or unsupported Perl syntax: `(?=`'],
  ['(?!a)', 'invalid or unsupported Perl syntax: `(?!`'],
  ['(?<=a)b', 'invalid or unsupported Perl syntax: `(?<`'],
  ['a{1001}', 'invalid repeat count: `{1001}`'],
  ['(a{100}){100}', 'invalid repeat count: `{100}`'],
  ['\\1', 'invalid escape sequence: `\\1`'],
  ['\\Z', 'invalid escape sequence: `\\Z`'],
  ['\\d++', 'invalid nested repetition operator: `++`'],
  ['*a', 'missing argument to repetition operator: `*`'],
  ['[^]', 'missing closing ]: `[^]`'],
  ['[z-a]', 'invalid character class range: `z-a`'],
  ['\\p{Nope}', 'invalid character class range: `\\p{Nope}`'],
  ['a\\', 'trailing backslash at end of expression: ``'],
])('%p can not be read: %s', (pattern, message) => {
  expect(matches(pattern, '')).toBe(message);
});

test.each(['^(a+)+$', '^(a|a)*$', '^(a*)*b$', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
  '%s takes no time that doubles with each character',
  (pattern) => {
    const startedMs = performance.now();
    expect(matches(pattern, `${'a'.repeat(20_000)}!`)).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  },
);

test('finds what the engine of JavaScript finds, where both read the expression alike', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '(?:ab|c)', '\\b', '^', '$', 'x|y');
  const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{1,2}'));
  const pattern = fc
    .array(piece, { maxLength: 5 })
    .map((pieces) =>
      pieces.map(([one, times]) => (/^[\\^$]b?$/.test(one) || one === 'x|y' ? one : one + times)).join(''),
    );
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x', '1', ' '), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (source, value) => {
      expect(matches(source, value)).toBe(new RegExp(source, 'u').test(value));
    }),
    { numRuns: 3_000 },
  );
});

test('any text is read or refused', () => {
  const pieces = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '?',
    '*',
    '+',
    '\\',
    '|',
    '^',
    '-',
    'a',
    '1',
    ',',
    ':',
    'p',
    'Q',
    'E',
  );
  const pattern = fc.oneof(
    fc.string(),
    fc.array(pieces).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(pattern, fc.string(), (source, value) => {
      expect(['boolean', 'string']).toContain(typeof matches(source, value));
    }),
    { numRuns: 5_000 },
  );
});
