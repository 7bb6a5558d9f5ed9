import { expect, test } from 'bun:test';
import { decodeObject } from '@selvedge/kubernetes/decode';
import { applyDefaults } from '@selvedge/kubernetes/defaults';
import { Definitions, schemaAt, structuralSchema } from '@selvedge/kubernetes/schema';
import { customResourceDefinitions, kubeEdgeResources } from './index.ts';

const definitions = new Definitions();

test('every definition is one that an API server decodes without a word of doubt', () => {
  const kind = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
  const schema = definitions.schemaOf(kind);
  if (schema === undefined) throw new Error('no CustomResourceDefinition');
  for (const definition of customResourceDefinitions()) {
    const copy = structuredClone(definition) as unknown as Record<string, unknown>;
    const decoded = decodeObject(schema, copy, { listStrictErrors: true, text: JSON.stringify(definition) });
    if (decoded.kind === 'malformed') throw new Error(`${definition.metadata.name}: ${decoded.message}`);
    expect(decoded.strictErrors, definition.metadata.name).toEqual([]);
    applyDefaults(kind, decoded.object);
    expect(definition.spec.versions.filter(({ storage }) => storage === true)).toHaveLength(1);
  }
});

test('all of KubeEdge is there, and what we name is defined', () => {
  const names = customResourceDefinitions().map(({ metadata }) => metadata.name);
  expect(names).toHaveLength(13);
  for (const { resource, group } of Object.values(kubeEdgeResources))
    expect(names).toContain(`${resource}.${group}`);
});

test('fields have the shapes that KubeEdge gives them', () => {
  const device = customResourceDefinitions().find(
    ({ metadata }) => metadata.name === 'devices.devices.kubeedge.io',
  );
  const [version] = device?.spec.versions ?? [];
  const { openAPIV3Schema } = (version?.schema ?? {}) as { openAPIV3Schema?: unknown };
  const schema = structuralSchema(openAPIV3Schema, definitions.definition('meta.v1.ObjectMeta'));
  expect(version?.name).toBe('v1beta1');
  expect(schemaAt(schema, 'spec.properties.desired.value')).toEqual({ kind: 'scalar', format: 'string' });
  expect(schemaAt(schema, 'spec.properties.collectCycle')).toEqual({ kind: 'scalar', format: 'int64' });
  expect(schemaAt(schema, 'spec.protocol.configData')).toMatchObject({
    kind: 'object',
    preserveUnknown: true,
  });
  expect(schemaAt(schema, 'status.twins.reported.metadata')).toMatchObject({ kind: 'map' });
});

test('keys of lists that are maps are required or have a default, or an API server refuses the definition', () => {
  const without: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    const { items, 'x-kubernetes-list-map-keys': keys = [] } = schema as Record<string, unknown>;
    const { properties = {}, required = [] } = (items ?? {}) as {
      properties?: Record<string, object>;
      required?: string[];
    };
    for (const key of keys as string[]) {
      if (!required.includes(key) && !('default' in (properties[key] ?? {}))) without.push(`${path}.${key}`);
    }
    for (const [name, part] of Object.entries(schema)) visit(part, `${path}.${name}`);
  };
  for (const definition of customResourceDefinitions())
    visit(definition.spec.versions, definition.metadata.name);
  expect(without).toEqual([]);
});
