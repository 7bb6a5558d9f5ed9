import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { isNewerVersion } from './resource-version.ts';

test('versions compare as numbers of any size', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (a, b) => {
        expect(isNewerVersion(`${a}`, `${b}`)).toBe(a > b);
      },
    ),
  );
});

test('garbage is never newer than anything and always older than a version', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      if (/^\d+$/.test(text)) return;
      expect(isNewerVersion(text, '0')).toBe(false);
      expect(isNewerVersion('1', text)).toBe(true);
      expect(isNewerVersion(text, text)).toBe(false);
    }),
  );
});
