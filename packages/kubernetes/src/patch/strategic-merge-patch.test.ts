import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Definitions } from '../schema/definitions.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

const definitions = new Definitions();
const podSpec = definitions.definition('core.v1.PodSpec');
const deploymentSpec = definitions.definition('apps.v1.DeploymentSpec');
const objectMeta = definitions.definition('meta.v1.ObjectMeta');

function patched(document: unknown, patch: unknown, schema = podSpec): unknown {
  const result = applyStrategicMergePatch(structuredClone(document), patch, schema);
  return result.kind === 'patched' ? result.object : `${result.status} ${result.message}`;
}

const two = {
  containers: [
    { name: 'a', image: '1' },
    { name: 'b', image: '2' },
  ],
};

test('containers merge by name; new ones stand before those that were there', () => {
  expect(patched(two, { containers: [{ name: 'b', image: '3' }, { name: 'c' }] })).toEqual({
    containers: [{ name: 'a', image: '1' }, { name: 'b', image: '3' }, { name: 'c' }],
  });
  expect(patched(two, { containers: [{ name: 'c' }] })).toEqual({
    containers: [{ name: 'c' }, { name: 'a', image: '1' }, { name: 'b', image: '2' }],
  });
});

test('items are deleted and lists replaced by directive', () => {
  expect(patched(two, { containers: [{ name: 'a', $patch: 'delete' }] })).toEqual({
    containers: [{ name: 'b', image: '2' }],
  });
  expect(patched(two, { containers: [{ $patch: 'replace' }, { name: 'x' }] })).toEqual({
    containers: [{ name: 'x' }],
  });
  expect(
    patched({ securityContext: { runAsUser: 1 } }, { securityContext: { $patch: 'replace', fsGroup: 2 } }),
  ).toEqual({
    securityContext: { fsGroup: 2 },
  });
  expect(patched({ securityContext: { runAsUser: 1 } }, { securityContext: { $patch: 'delete' } })).toEqual({
    securityContext: {},
  });
});

test('an order list sorts what was there, too', () => {
  const patch = {
    '$setElementOrder/containers': [{ name: 'b' }, { name: 'c' }, { name: 'a' }],
    containers: [{ name: 'c' }],
  };
  expect(patched(two, patch)).toEqual({
    containers: [{ name: 'b', image: '2' }, { name: 'c' }, { name: 'a', image: '1' }],
  });
  expect(
    patched(two, { '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'c' }] }),
  ).toStartWith('500 The order in patch list');
});

test('lists of plain values merge or are replaced as their field says', () => {
  const before = { finalizers: ['a', 'b'] };
  expect(patched(before, { finalizers: ['c'] }, objectMeta)).toEqual({ finalizers: ['c', 'a', 'b'] });
  expect(patched(before, { '$deleteFromPrimitiveList/finalizers': ['a'] }, objectMeta)).toEqual({
    finalizers: ['b'],
  });
  expect(patched({ tolerations: [{ key: 'a' }] }, { tolerations: [{ key: 'b' }] })).toEqual({
    tolerations: [{ key: 'b' }],
  });
});

test('retainKeys drops what is not named; nulls remove fields and items lose nulls', () => {
  const before = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } };
  const patch = { strategy: { $retainKeys: ['type'], type: 'Recreate' } };
  expect(patched(before, patch, deploymentSpec)).toEqual({ strategy: { type: 'Recreate' } });
  expect(
    patched(two, { containers: [{ name: 'a', image: null, env: [{ name: 'x', value: null }] }] }),
  ).toEqual({
    containers: [
      { name: 'a', env: [{ name: 'x' }] },
      { name: 'b', image: '2' },
    ],
  });
});

test('what is wrong is told', () => {
  expect(patched(two, { containers: [{ image: 'x' }] })).toBe(
    '500 map: map[image:x] does not contain declared merge key: name',
  );
  expect(patched({ containers: [{ name: 'a' }] }, { containers: ['x'] })).toBe(
    '500 list element types are not identical: [[map[name:a]] [x]]',
  );
  expect(patched({ containers: [] }, { containers: [[]] })).toBe('422 lists of lists are not supported');
  expect(patched(two, [])).toBe('400 invalid JSON document');
  expect(patched(before(), { strategy: { $retainKeys: 'x' } }, deploymentSpec)).toBe(
    '400 invalid patch format of retainKeys',
  );
});

function before(): unknown {
  return { strategy: { type: 'Recreate' } };
}

test('any patch gives an object or a refusal, and an empty one changes nothing', () => {
  const key = fc.constantFrom(
    'containers',
    '$patch',
    '$retainKeys',
    '$setElementOrder/containers',
    'name',
    'env',
  );
  const patch = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('delete', 'replace', 'a', null, 1),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(key, tie('node'), { maxKeys: 4 }),
    ),
  })).node;
  fc.assert(
    fc.property(patch, patch, (document, change) => {
      expect(['patched', 'refused']).toContain(applyStrategicMergePatch(document, change, podSpec).kind);
    }),
  );
  expect(patched(two, {})).toEqual(two);
});
