import { expect, test } from 'bun:test';
import { validateCustomObject } from './schema-validation.ts';

const messages = (pattern: string, s: string) =>
  validateCustomObject({ type: 'object', properties: { s: { type: 'string', pattern } } }, { s }).map(
    ({ message }) => message,
  );

test('a value that does not match is told of, however the pattern nests', () => {
  expect(messages('^(a+)+$', 'aaa')).toEqual([]);
  const long = `${'a'.repeat(5_000)}!`;
  expect(messages('^(a+)+$', long)).toEqual([`Invalid value: "${long}": s in body should match '^(a+)+$'`]);
});

test('a pattern that can not be read, of a definition stored long ago, refuses nothing', () => {
  expect(messages('(?=a)b', 'c')).toEqual([]);
});
