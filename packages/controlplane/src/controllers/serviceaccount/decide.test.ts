import { expect, test } from 'bun:test';
import { decideNamespaceObjects, type NamespaceObjects } from './decide.ts';

const complete: NamespaceObjects = {
  namespace: { metadata: { name: 'default' } },
  serviceAccount: { metadata: { name: 'default' } },
  rootCaConfigMap: { data: { 'ca.crt': 'PEM' } },
  rootCa: 'PEM',
};
const nothing = { createServiceAccount: false, writeRootCa: undefined };

test('a namespace gets what it lacks', () => {
  expect(decideNamespaceObjects(complete)).toEqual(nothing);
  expect(
    decideNamespaceObjects({ ...complete, serviceAccount: undefined, rootCaConfigMap: undefined }),
  ).toEqual({
    createServiceAccount: true,
    writeRootCa: 'create',
  });
});

test('a changed CA is put right', () => {
  const altered = (data: object) =>
    decideNamespaceObjects({ ...complete, rootCaConfigMap: { data } }).writeRootCa;
  expect(altered({ 'ca.crt': 'other' })).toBe('update');
  expect(altered({ 'ca.crt': 'PEM', more: '' })).toBe('update');
  expect(altered({})).toBe('update');
});

test('a namespace that goes gets nothing', () => {
  const going = { metadata: { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const bare = { ...complete, serviceAccount: undefined, rootCaConfigMap: undefined };
  expect(decideNamespaceObjects({ ...bare, namespace: going })).toEqual(nothing);
  expect(decideNamespaceObjects({ ...bare, namespace: undefined })).toEqual(nothing);
});
