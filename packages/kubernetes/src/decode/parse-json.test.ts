import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { describeJsonError, maxJsonDepth, parseJson } from './parse-json.ts';

test('what is wrong is told as Go tells it', () => {
  const cases: Record<string, string> = {
    '{"apiVersion": "v1", ': 'unexpected end of JSON input',
    '': 'unexpected end of JSON input',
    '{"a": "b': 'unexpected end of JSON input',
    x: "invalid character 'x' looking for beginning of value",
    '{a:1}': "invalid character 'a' looking for beginning of object key string",
    '{"a" 1}': "invalid character '1' after object key",
    '{"a":1 "b"}': "invalid character '\"' after object key:value pair",
    '[1 2]': "invalid character '2' after array element",
    '{} {}': "invalid character '{' after top-level value",
    tru: 'unexpected end of JSON input',
    trux: "invalid character 'x' in literal true (expecting 'e')",
    '"\\x"': "invalid character 'x' in string escape code",
    '"\n"': "invalid character '\\n' in string literal",
    '-a': "invalid character 'a' in numeric literal",
    '1.a': "invalid character 'a' after decimal point in numeric literal",
    "'a'": "invalid character '\\'' looking for beginning of value",
    é: "invalid character 'Ã' looking for beginning of value",
  };
  for (const [text, message] of Object.entries(cases)) {
    expect(parseJson(text), text).toEqual({ kind: 'malformed', message });
  }
});

test('nesting is bounded', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(parseJson(nested(maxJsonDepth)).kind).toBe('parsed');
  expect(parseJson(nested(100_000))).toEqual({ kind: 'malformed', message: 'exceeded max depth' });
});

test('any text is parsed as the engine parses it, or told what is wrong', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"a"',
    ':',
    ',',
    '1',
    '-',
    '.',
    'e',
    'true',
    'null',
    ' ',
    '\\',
    '"',
    'x',
  );
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      const parsed = parseJson(given);
      if (parsed.kind === 'parsed') expect(parsed.value).toEqual(JSON.parse(given));
      else {
        expect(() => JSON.parse(given)).toThrow();
        expect(describeJsonError(given)).toMatch(/^(invalid character|unexpected end)/);
      }
    }),
  );
});
