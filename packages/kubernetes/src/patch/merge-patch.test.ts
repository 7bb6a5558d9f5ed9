import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { applyMergePatch, createMergePatch } from './merge-patch.ts';

test('a merge patch sets, removes and replaces', () => {
  const original = { a: { b: 1, c: [1, 2] }, d: 'x' };
  expect(applyMergePatch(original, { a: { b: null, c: [3] }, e: { f: null, g: 1 } })).toEqual({
    a: { c: [3] },
    d: 'x',
    e: { g: 1 },
  });
  expect(original).toEqual({ a: { b: 1, c: [1, 2] }, d: 'x' });
  expect(applyMergePatch([1], { a: 1 })).toEqual({ a: 1 });
  expect(applyMergePatch({ a: 1 }, [2])).toEqual([2]);
});

test('the patch from one object to another holds only what differs', () => {
  const before = {
    metadata: { name: 'a', labels: { x: '1' } },
    status: { phase: 'Pending', conditions: [1] },
  };
  const after = { metadata: { name: 'a' }, status: { phase: 'Running', conditions: [1] } };
  expect(createMergePatch(before, after)).toEqual({
    metadata: { labels: null },
    status: { phase: 'Running' },
  });
  expect(createMergePatch(before, structuredClone(before))).toBeUndefined();
});

test('a made patch leads from the one object to the other', () => {
  const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(fc.string(), fc.integer(), fc.boolean()),
      fc.array(fc.integer(), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('node'), { maxKeys: 3 }),
    ),
  })).node;
  const object = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3 });
  fc.assert(
    fc.property(object, object, (before, after) => {
      expect(applyMergePatch(before, createMergePatch(before, after) ?? {})).toEqual(after);
    }),
  );
});
