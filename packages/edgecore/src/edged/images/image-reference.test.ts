import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseImageReference } from './image-reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

test('names are read with their registry, path and tag', () => {
  const brief = (text: string) => {
    const found = parseImageReference(text);
    return found && [found.registry, found.path, found.tag, found.tagged];
  };
  expect(brief('busybox')).toEqual(['docker.io', 'library/busybox', 'latest', 'busybox:latest']);
  expect(brief('busybox:1')).toEqual(['docker.io', 'library/busybox', '1', 'busybox:1']);
  expect(brief('user/app:v1.2_3-x')).toEqual(['docker.io', 'user/app', 'v1.2_3-x', 'user/app:v1.2_3-x']);
  expect(brief('localhost/app')).toEqual(['localhost', 'app', 'latest', 'localhost/app:latest']);
  expect(brief('localhost:5000/a/b:1')).toEqual(['localhost:5000', 'a/b', '1', 'localhost:5000/a/b:1']);
  expect(brief('[::1]:5000/a')).toEqual(['[::1]:5000', 'a', 'latest', '[::1]:5000/a:latest']);
  expect(brief(`ghcr.io/a@${digest}`)).toEqual(['ghcr.io', 'a', undefined, `ghcr.io/a@${digest}`]);
  expect(brief(`ghcr.io/a:1@${digest}`)).toEqual(['ghcr.io', 'a', '1', `ghcr.io/a:1@${digest}`]);
});

test('what can name no image is told apart', () => {
  for (const text of [
    '',
    ' ',
    'Busybox',
    'a//b',
    'a:',
    ':1',
    'a@sha256:12',
    'a b',
    '-a',
    'a/../b',
    'User/app',
    '0123456789abcdef'.repeat(4),
    `a${'b'.repeat(600)}`,
    'a:tag/b',
    'http://a/b',
  ]) {
    expect([text, parseImageReference(text)]).toEqual([text, undefined]);
  }
});

test('any text is answered soon, and what is read as a name can be read again', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a0.-_/:@A['), maxLength: 200 }), (text) => {
      const found = parseImageReference(text);
      return found === undefined || parseImageReference(found.tagged)?.tagged === found.tagged;
    }),
  );
});
