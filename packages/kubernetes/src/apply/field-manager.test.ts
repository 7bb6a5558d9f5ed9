import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { decodeObject } from '../decode/index.ts';
import type { JsonObject } from '../json.ts';
import { Definitions, structuralSchema } from '../schema/index.ts';
import { type ApplyResult, applyConfiguration, trackUpdate } from './index.ts';
import { capUpdateManagers, type ManagedEntry, maxUpdateManagers } from './managed-fields.ts';

const schema = new Definitions().definition('core.v1.Pod');
const time = '2026-01-01T00:00:00Z';

function apply(
  live: JsonObject | undefined,
  manager: string,
  configuration: JsonObject,
  force = false,
): ApplyResult {
  const full = { apiVersion: 'v1', kind: 'Pod', ...configuration };
  return applyConfiguration(
    { schema, apiVersion: 'v1', manager, time },
    { live, configuration: full, force },
  );
}

function applied(
  live: JsonObject | undefined,
  manager: string,
  configuration: JsonObject,
  force = false,
): JsonObject {
  const result = apply(live, manager, configuration, force);
  if (result.kind !== 'applied') throw new Error(result.message);
  const decoded = decodeObject(schema, result.object, { listStrictErrors: false });
  if (decoded.kind === 'malformed') throw new Error(decoded.message);
  return decoded.object;
}

const spec = (...names: string[]): JsonObject => ({
  spec: { containers: names.map((name) => ({ name, image: name })) },
});
const namesOf = (object: JsonObject): unknown =>
  ((object.spec as JsonObject).containers as JsonObject[]).map(({ name }) => name);
const managersOf = (object: JsonObject): unknown =>
  ((object.metadata as JsonObject).managedFields as JsonObject[]).map(({ manager }) => manager);

test('what an applier no longer names goes, unless others own it or something in it', () => {
  const first = applied(undefined, 'a', spec('x', 'y', 'z'));
  const second = applied(first, 'b', spec('y'));
  expect(namesOf(applied(second, 'a', spec('z')))).toEqual(['y', 'z']);
  const withEnv = { spec: { containers: [{ name: 'x', env: [{ name: 'E', value: '1' }] }] } };
  const shared = applied(first, 'b', withEnv);
  const left = applied(shared, 'a', spec('y'));
  expect(left.spec).toEqual({
    containers: [
      { name: 'x', resources: {}, env: [{ name: 'E', value: '1' }] },
      { name: 'y', image: 'y', resources: {} },
    ],
  });
  expect(managersOf(left)).toEqual(['a', 'b']);
});

test('what nobody applied stays when an applier lets go of what holds it', () => {
  const live = applied(undefined, 'a', { metadata: { labels: { one: '1' } } });
  const updated = structuredClone(live);
  (updated.metadata as JsonObject).labels = { one: '1', two: '2' };
  trackUpdate({ schema, apiVersion: 'v1', manager: 'u', time }, live, updated);
  expect(applied(updated, 'a', {}).metadata).toMatchObject({ labels: { two: '2' } });
});

test('items keep their place: the applied order among themselves, the others between their neighbours', () => {
  const live = applied(undefined, 'a', spec('b', 'x', 'c'));
  expect(namesOf(applied(live, 'b', spec('c', 'b', 'new'), true))).toEqual(['x', 'c', 'b', 'new']);
  expect(namesOf(applied(live, 'b', spec('b', 'new', 'c')))).toEqual(['b', 'x', 'new', 'c']);
});

test('an object without owners gets one for what it was before its first apply', () => {
  const live = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { uid: '1' },
    spec: { hostname: 'a', containers: null },
  };
  const result = apply(live, 'a', { spec: { hostname: 'b' } });
  expect(result).toMatchObject({
    kind: 'conflict',
    message: 'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .spec.hostname',
  });
});

test('kubectl takes over what its client-side apply wrote', () => {
  const last = { apiVersion: 'v1', kind: 'Pod', spec: { hostname: 'a' } };
  const live: JsonObject = {
    ...last,
    metadata: {
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(last) },
      managedFields: [
        {
          manager: 'kubectl-client-side-apply',
          operation: 'Update',
          apiVersion: 'v1',
          time,
          fieldsV1: { 'f:spec': { 'f:hostname': {} } },
        },
      ],
    },
  };
  const result = apply(live, 'kubectl', { spec: { hostname: 'b' } });
  expect(result.kind).toBe('applied');
  if (result.kind !== 'applied') return;
  const annotations = (result.object.metadata as { annotations: Record<string, string> }).annotations;
  expect(annotations['kubectl.kubernetes.io/last-applied-configuration']).toContain('"hostname":"b"');
  expect(apply(live, 'other', { spec: { hostname: 'b' } }).kind).toBe('conflict');
});

test('what does not fit the schema is told as Kubernetes tells it', () => {
  const message = (configuration: JsonObject): string | undefined => {
    const result = apply(undefined, 'a', { metadata: { name: 'p' }, ...configuration });
    return result.kind === 'applied' ? undefined : result.message;
  };
  const failed = 'failed to create typed patch object (/p; /v1, Kind=Pod): ';
  expect(message({ spec: { bogus: 5 } })).toBe(`${failed}.spec.bogus: field not declared in schema`);
  expect(message(spec('a', 'a'))).toBe(`${failed}.spec.containers: duplicate entries for key [name="a"]`);
  expect(message({ spec: { priority: 'x' } })).toBe(
    `${failed}.spec.priority: expected numeric (int or float), got string`,
  );
  expect(message({ apiVersion: 'v2' })).toBe(
    'Incorrect version specified in apply patch. Specified patch version: v2, expected: v1',
  );
  expect(message({ metadata: { managedFields: [] } })).toBe('metadata.managedFields must be nil');
});

test('several errors are told in order, and one undeclared field ends the look at its object', () => {
  const configuration = {
    metadata: { name: 'p' },
    spec: { zz: 1, yy: 1, hostname: 1, tolerations: 'x', nodeSelector: [] },
  };
  expect(apply(undefined, 'a', configuration)).toEqual({
    kind: 'refused',
    status: 500,
    message: [
      'failed to create typed patch object (/p; /v1, Kind=Pod): errors:',
      '  .spec.hostname: expected string, got &value.valueUnstructured{Value:1}',
      '  .spec.nodeSelector: expected map, got &{[]}',
      '  .spec.tolerations: expected list, got &{x}',
      '  .spec.yy: field not declared in schema',
    ].join('\n'),
  });
});

test('what a schema only preserves may change its kind', () => {
  const openApi = {
    type: 'object',
    properties: { free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  };
  const custom = structuralSchema(openApi, new Definitions().definition('meta.v1.ObjectMeta'));
  const context = (manager: string) => ({ schema: custom, apiVersion: 'x/v1', manager, time });
  const live = { apiVersion: 'x/v1', metadata: { uid: '1' }, free: { a: { b: 1 } } };
  trackUpdate(context('one'), undefined, live);
  const changed: JsonObject = { ...structuredClone(live), free: { a: 2 } };
  trackUpdate(context('two'), live, changed);
  expect((changed.metadata as JsonObject).managedFields).toMatchObject([
    { manager: 'one', fieldsV1: { 'f:free': {} } },
    { manager: 'two', fieldsV1: { 'f:free': { 'f:a': {} } } },
  ]);
});

test('entries can be dropped by a client, and a reset forgets them all', () => {
  const live = applied(undefined, 'a', spec('x'));
  const reset = structuredClone(live);
  (reset.metadata as JsonObject).managedFields = [{}];
  trackUpdate({ schema, apiVersion: 'v1', manager: 'u', time }, { ...live, metadata: {} }, reset);
  expect(reset.metadata as JsonObject).not.toHaveProperty('managedFields');
});

test('the oldest updaters are merged into one when there are many', () => {
  const entry = (at: number): ManagedEntry => ({
    manager: `m${at}`,
    operation: 'Update',
    apiVersion: 'v1',
    subresource: '',
    time: `2026-01-01T00:00:${String(at).padStart(2, '0')}Z`,
    set: { [`f:${at}`]: {} },
  });
  const entries = Array.from({ length: maxUpdateManagers + 2 }, (_, at) => entry(at));
  const capped = capUpdateManagers(entries);
  expect(capped.length).toBe(maxUpdateManagers);
  expect(capped.find(({ manager }) => manager === 'ancient-changes')).toMatchObject({
    time: '2026-01-01T00:00:02Z',
    set: { 'f:0': {}, 'f:1': {}, 'f:2': {} },
  });
});

test('any configuration on any object is applied or refused; applying it again changes nothing', () => {
  const name = fc.constantFrom(
    'metadata',
    'spec',
    'labels',
    'containers',
    'name',
    'image',
    'env',
    'ports',
    'tolerations',
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom('a', 'b', 1),
      fc.array(tie('node'), { maxLength: 2 }),
      fc.dictionary(name, tie('node'), { maxKeys: 3 }),
    ),
  })).node;
  fc.assert(
    fc.property(fc.dictionary(name, value), fc.dictionary(name, value), (first, second) => {
      const one = apply(undefined, 'a', first);
      if (one.kind !== 'applied') return;
      const two = apply(one.object, 'b', second, true);
      if (two.kind !== 'applied') return;
      const again = apply(two.object, 'b', second, true);
      expect(again).toMatchObject({ kind: 'applied', changed: false });
      if (again.kind === 'applied') expect(again.object).toEqual(two.object);
    }),
  );
});
