import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Entry } from '../store/types.ts';
import { matches, parseFieldSelector, parseLabelSelector } from './selectors.ts';
import { StatusError } from './status-error.ts';

const entry = (labels: Record<string, string>, fields: Record<string, string> = {}): Entry => ({
  key: 'default/p',
  revision: 1,
  header: { uid: 'u', labels, fields },
  value: new Uint8Array(),
  size: 0,
});

/** What the refusal says. */
function words(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof StatusError && error.code === 400) return error.message;
    throw error;
  }
  return '';
}

test('an object has to meet all labels and all fields', () => {
  const labels = parseLabelSelector('app in (a,b),!old');
  const chosen = (object: Entry, fields: string) =>
    matches({ labels, fields: parseFieldSelector(fields) }, object);
  const running = entry({ app: 'a' }, { 'status.phase': 'Running' });
  expect(chosen(running, '')).toBe(true);
  expect(chosen(running, 'metadata.name=p,metadata.namespace=default,status.phase==Running')).toBe(true);
  expect(chosen(running, 'status.phase!=Running')).toBe(false);
  expect(chosen(running, 'spec.nodeName=')).toBe(true);
  expect(chosen(entry({ app: 'c' }), '')).toBe(false);
  expect(chosen(entry({ app: 'a', old: '' }), '')).toBe(false);
});

test('labels are read as strictly as Kubernetes reads them', () => {
  expect(words(() => parseLabelSelector('a in (b c)'))).toBe(
    "unable to parse requirement: found 'c', expected: ',' or ')'",
  );
  expect(words(() => parseLabelSelector('-a'))).toStartWith(
    'unable to parse requirement: <nil>: Invalid value: "-a"',
  );
});

test('in a field selector a backslash takes the separators as they are, and nothing else', () => {
  expect(parseFieldSelector('a=b\\,c\\=d\\\\,e!=f,,')).toEqual([
    { field: 'a', value: 'b,c=d\\', equal: true },
    { field: 'e', value: 'f', equal: false },
  ]);
  expect(words(() => parseFieldSelector('a=b\\w'))).toBe(
    'invalid field selector: invalid escape sequence: \\w',
  );
  expect(words(() => parseFieldSelector('a=b=c'))).toBe(
    'invalid field selector: unescaped character in value: 61',
  );
  expect(words(() => parseFieldSelector('a'))).toBe("invalid selector: 'a'; can't understand 'a'");
});

const pieces = fc.oneof(
  fc.constantFrom('in', 'notin', ' ', '(', ')', ',', '!', '=', '==', '!=', '<', '>', 'a', 'b/c', '\\', '\n'),
  fc.string(),
);

test('any text is read or refused with a 400, as a selector of either kind', () => {
  const text = fc.array(pieces).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (selector) => {
      words(() => parseLabelSelector(selector));
      words(() => parseFieldSelector(selector));
    }),
    { numRuns: 3_000 },
  );
});

test('any value that is escaped is found again', () => {
  const field = fc.stringMatching(/^[a-z.]+$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(field, fc.string(), fc.boolean()), { minLength: 1 }), (terms) => {
      const text = terms
        .map(([name, value, equal]) => `${name}${equal ? '=' : '!='}${value.replace(/[\\,=]/g, '\\$&')}`)
        .join(',');
      expect(parseFieldSelector(text)).toEqual(
        terms.map(([name, value, equal]) => ({ field: name, value, equal })),
      );
    }),
  );
});
