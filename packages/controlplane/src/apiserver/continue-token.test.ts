import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { StatusError } from './status-error.ts';

const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The words of the refusal; undefined when the token is read. */
function refusal(text: string): string | undefined {
  try {
    decodeContinue(text);
    return undefined;
  } catch (error) {
    if (error instanceof StatusError && error.code === 400) return error.message;
    throw error;
  }
}

test('what was encoded is read again', () => {
  // A key holds no NUL: names of objects and namespaces do not.
  const key = fc.string({ minLength: 1, maxLength: 253 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.maxSafeInteger(), key, (revision, after) => {
      expect(decodeContinue(encodeContinue({ revision, after }))).toEqual({ revision, after });
    }),
  );
});

test.each([
  ['%%%', 'illegal base64 data'],
  ['a'.repeat(5_000), 'illegal base64 data'],
  [token('x').slice(0, 2), 'invalid character'],
  [token({ v: 'v0', rv: 1, start: 'a' }), 'server does not recognize this encoded version'],
  [token({ v: 'meta.k8s.io/v1', rv: 1, start: '' }), 'encoded continue key was empty'],
  [token({ v: 'meta.k8s.io/v1', rv: 1e300, start: 'a' }), 'incorrect encoded start resourceVersion'],
  [token({ v: 'meta.k8s.io/v1', rv: '1', start: 'a' }), 'incorrect encoded start resourceVersion'],
  [token(null), 'server does not recognize this encoded version'],
])('token %# is refused', (text, words) => {
  expect(refusal(text)).toContain(`invalid continue token: continue key is not valid: ${words}`);
});

test('any text is read or refused with a 400', () => {
  const text = fc.oneof(
    fc.string(),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
  );
  fc.assert(
    fc.property(text, (one) => {
      refusal(one);
    }),
    { numRuns: 3_000 },
  );
});
