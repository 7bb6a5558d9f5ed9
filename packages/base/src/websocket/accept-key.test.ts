import { expect, test } from 'bun:test';
import { acceptKeyOf } from './accept-key.ts';

test('the example of RFC 6455, section 1.3', () => {
  expect(acceptKeyOf('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});
