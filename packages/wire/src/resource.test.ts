import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { buildResource, nodeOfResource, parseResource, trimResource } from './resource.ts';
import { compareResourceVersions } from './resource-version.ts';

test('resources are built and read back, cluster-scoped ones with the namespace null', () => {
  expect(buildResource({ namespace: undefined, type: 'node', name: 'edge-1' })).toBe('null/node/edge-1');
  expect(parseResource('default/pod')).toEqual({ namespace: 'default', type: 'pod', name: undefined });
  expect(parseResource('membership')).toBeUndefined();
  expect(parseResource('device/a/b/twin')).toBeUndefined();
  const part = fc.stringMatching(/^[a-z][a-z0-9.-]{0,10}$/).filter((text) => text !== 'null');
  fc.assert(
    fc.property(
      fc.option(part, { nil: undefined }),
      part,
      fc.option(part, { nil: undefined }),
      (namespace, type, name) => {
        expect(parseResource(buildResource({ namespace, type, name }))).toEqual({ namespace, type, name });
      },
    ),
  );
});

test('the way to the wire drops the node, by KubeEdge’s own rule', () => {
  expect(trimResource('node/edge-1/default/pod/nginx')).toBe('default/pod/nginx');
  expect(trimResource('node/edge-1/membership')).toBe('membership');
  expect(trimResource('upgrade/7/node/edge-1')).toBe('upgrade/7/node/edge-1');
  expect(trimResource('nodefoo/bar/baz')).toBe('baz');
  expect(nodeOfResource('task/7/node/edge-1')).toBe('edge-1');
  expect(nodeOfResource('default/pod/a')).toBeUndefined();
});

test('resourceVersions compare as numbers of any size', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 70n }), fc.bigInt({ min: 0n, max: 2n ** 70n }), (a, b) => {
      expect(Math.sign(compareResourceVersions(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
  expect(compareResourceVersions('abc', '5')).toBe(0);
  expect(compareResourceVersions('007', '7')).toBe(0);
});
