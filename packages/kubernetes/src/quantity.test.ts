import { expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityToMilli,
  quantityToNumber,
} from './quantity.ts';

function quantity(text: string) {
  const parsed = parseQuantity(text);
  if (!parsed) throw new Error(`${text} is no quantity`);
  return parsed;
}

test('canonical forms are those of Kubernetes', () => {
  const cases: Record<string, string> = {
    '0.5': '500m',
    '1000m': '1',
    '1500m': '1500m',
    '2000': '2k',
    '1024Ki': '1Mi',
    '1.5Gi': '1536Mi',
    '100Mi': '100Mi',
    '0': '0',
    '1e3': '1e3',
    '123456': '123456',
    '512': '512',
    '-1': '-1',
    '0.5Ki': '512',
    '1.': '1',
    '.5': '500m',
  };
  for (const [text, canonical] of Object.entries(cases)) expect(canonicalQuantity(text)).toBe(canonical);
});

test('what is no quantity is refused', () => {
  for (const text of ['', 'x', '1x', '1 ', '--1', '1Gib', '1ki', '.', '1e', `1${'0'.repeat(200)}`]) {
    expect(parseQuantity(text)).toBeUndefined();
  }
});

test('comparing, adding and rounding', () => {
  expect(compareQuantities(quantity('200m'), quantity('0.1'))).toBe(1);
  expect(compareQuantities(quantity('1Gi'), quantity('1073741824'))).toBe(0);
  expect(formatQuantity(addQuantities(quantity('1Gi'), quantity('512Mi')))).toBe('1536Mi');
  expect(quantityToMilli(quantity('100u'))).toBe(1);
  expect(quantityToNumber(quantity('1Ki'))).toBe(1024);
});

test('a canonical form means the same quantity and is its own canonical form', () => {
  const suffix = fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi');
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), suffix, (count, unit) => {
      const before = quantity(`${count}${unit}`);
      const after = quantity(formatQuantity(before));
      expect(after.nano).toBe(before.nano);
      expect(formatQuantity(after)).toBe(formatQuantity(before));
    }),
  );
});

test('any text gives a quantity or nothing', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseQuantity(text)));
});
