import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { applyJsonPatch, maxJsonPatchOperations } from './json-patch.ts';

const failed = {
  kind: 'refused',
  status: 422,
  message: 'the server rejected our request due to an error in our request',
};

function patched(document: unknown, ...operations: unknown[]): unknown {
  const result = applyJsonPatch(structuredClone(document), operations);
  return result.kind === 'patched' ? result.object : result;
}

test('the operations of RFC 6902', () => {
  expect(patched({ a: [1, 3] }, { op: 'add', path: '/a/1', value: 2 })).toEqual({ a: [1, 2, 3] });
  expect(patched({ a: [1] }, { op: 'add', path: '/a/-', value: 2 })).toEqual({ a: [1, 2] });
  expect(patched({ a: 1, 'b/c': 2 }, { op: 'remove', path: '/b~1c' })).toEqual({ a: 1 });
  expect(patched({ 'a~b': 1 }, { op: 'replace', path: '/a~0b', value: null })).toEqual({ 'a~b': null });
  expect(patched({ a: { b: 1 } }, { op: 'move', from: '/a/b', path: '/c' })).toEqual({ a: {}, c: 1 });
  expect(patched({ a: { b: 1 } }, { op: 'copy', from: '/a', path: '/c' })).toEqual({
    a: { b: 1 },
    c: { b: 1 },
  });
  expect(patched({ a: [{ b: 1 }] }, { op: 'test', path: '/a', value: [{ b: 1 }] })).toEqual({
    a: [{ b: 1 }],
  });
  expect(patched({}, { op: 'replace', path: '/a', value: 1 })).toEqual({ a: 1 });
  expect(patched({}, { op: 'copy', from: '/b', path: '/a' })).toEqual({ a: null });
  expect(patched({}, { op: 'add', path: '/__proto__', value: { x: 1 } })).not.toHaveProperty('x');
});

test('what can not be applied is refused as Kubernetes refuses it', () => {
  for (const operation of [
    { op: 'remove', path: '/nothing' },
    { op: 'replace', path: '/nothing/x', value: 1 },
    { op: 'replace', path: '/l/0', value: 1 },
    { op: 'test', path: '/a', value: 2 },
    { op: 'add', path: '/x/y', value: 1 },
    { op: 'add', path: '/l/5', value: 1 },
    { op: 'add', path: '/l/01', value: 1 },
    { op: 'add', path: 'a', value: 1 },
    { op: 'move', from: '/o', path: '/o/p' },
    { op: 'x', path: '/a' },
  ]) {
    expect(patched({ a: 1, l: [], o: {} }, operation)).toEqual(failed);
  }
  expect(applyJsonPatch({}, { op: 'x' })).toEqual({
    kind: 'refused',
    status: 400,
    message:
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
  });
  const many = new Array(maxJsonPatchOperations + 1).fill({ op: 'remove', path: '/a' });
  expect(applyJsonPatch({}, many)).toMatchObject({ kind: 'refused', status: 413 });
});

test('copying a document into itself again and again is stopped', () => {
  const doubling = Array.from({ length: 40 }, (_, at) => ({ op: 'copy', from: '', path: `/a${at}` }));
  expect(applyJsonPatch({ b: [1, 2, 3] }, doubling)).toMatchObject(failed);
});

test('any patch on any document gives an object or a refusal', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', '0', '-', '~1'), { maxLength: 3 })
    .map((parts) => parts.map((part) => `/${part}`).join(''));
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
      path,
      from: path,
      value: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.jsonValue(), fc.oneof(fc.array(operation), fc.jsonValue()), (document, patch) => {
      expect(['patched', 'refused']).toContain(applyJsonPatch(document, patch).kind);
    }),
  );
});
