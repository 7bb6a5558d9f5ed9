import { expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  difference,
  type FieldSet,
  FieldSetBuilder,
  hasElement,
  intersection,
  pathsOf,
  readFieldSet,
  recursiveDifference,
  sorted,
  union,
} from './field-set.ts';

function setOf(paths: readonly (readonly string[])[]): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.insert(path);
  return builder.build();
}

const members = (set: FieldSet): Set<string> => new Set(pathsOf(set).map((path) => path.join(' ')));
const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"c"}', 'v:1');
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const paths = fc.array(path, { maxLength: 12 });

test('a set is written as fieldsV1 is', () => {
  expect(setOf([['f:a', 'f:b'], ['f:a'], ['f:c']])).toEqual({ 'f:a': { '.': {}, 'f:b': {} }, 'f:c': {} });
  expect(setOf([['f:a'], ['f:a', 'f:b']])).toEqual({ 'f:a': { '.': {}, 'f:b': {} } });
  expect(setOf([['f:a', 'f:b']])).toEqual({ 'f:a': { 'f:b': {} } });
  expect(Object.keys(sorted({ 'v:1': {}, 'f:b': {}, '.': {}, 'f:a': {} }))).toEqual([
    '.',
    'f:a',
    'f:b',
    'v:1',
  ]);
});

test('a builder holds just the paths that were put in', () => {
  fc.assert(
    fc.property(paths, (given) => {
      expect(members(setOf(given))).toEqual(new Set(given.map((one) => one.join(' '))));
    }),
  );
});

test('union, difference and intersection are those of sets of paths', () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const [a, b] = [setOf(left), setOf(right)];
      const before = JSON.stringify([a, b]);
      expect(members(union(a, b))).toEqual(members(a).union(members(b)));
      expect(members(difference(a, b))).toEqual(members(a).difference(members(b)));
      expect(members(intersection(a, b))).toEqual(members(a).intersection(members(b)));
      expect(JSON.stringify([a, b])).toBe(before);
    }),
  );
});

test('a recursive difference takes away what stands below a member, too', () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const gone = members(setOf(right));
      const kept = left.filter((one) => !one.some((_, at) => gone.has(one.slice(0, at + 1).join(' '))));
      expect(members(recursiveDifference(setOf(left), setOf(right)))).toEqual(members(setOf(kept)));
    }),
  );
});

test('sets from outside are looked at before they are used', () => {
  expect(readFieldSet({ 'f:a': { '.': {} } })).toEqual({ 'f:a': { '.': {} } });
  for (const wrong of [null, 'x', [], { a: {} }, { 'f:a': 1 }]) expect(readFieldSet(wrong)).toBeUndefined();
  expect(hasElement({ 'f:a': { 'f:b': {} } }, 'f:a')).toBe(false);
});
