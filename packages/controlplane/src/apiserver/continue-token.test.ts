import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { StatusError } from './status-error.ts';

test('a token says where the list goes on', () => {
  const place = { revision: 7, after: 'default/web' };
  expect(decodeContinue(encodeContinue(place))).toEqual(place);
});

test('whatever a client makes of one is read or refused', () => {
  const text = fc.oneof(
    fc.string(),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
    fc
      .record({ v: fc.constantFrom('meta.k8s.io/v1', 1), rv: fc.anything(), start: fc.string() })
      .map((token) => Buffer.from(JSON.stringify(token)).toString('base64url')),
  );
  fc.assert(
    fc.property(text, (token) => {
      try {
        decodeContinue(token);
      } catch (error) {
        expect(error).toBeInstanceOf(StatusError);
      }
    }),
  );
});
