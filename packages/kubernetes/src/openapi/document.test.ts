import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import type { JsonObject } from '../json.ts';
import { resources } from '../resource.ts';
import { Definitions } from '../schema/index.ts';
import { describeFrom, openApiDocument, openApiIndex } from './index.ts';

const definitions = new Definitions();
const types = new URL('.', import.meta.resolve('kubernetes-types/package.json'));
const describe = describeFrom((file) => readFileSync(new URL(file, types), 'utf8'));
const options = { definitions, describe, serverVersion: 'v1.36.0' };

interface Document {
  paths: Record<string, Record<string, JsonObject>>;
  components: { schemas: Record<string, JsonObject & { properties: Record<string, JsonObject> }> };
}

const document = (...list: Parameters<typeof openApiDocument>[0]): Document =>
  openApiDocument(list, options) as unknown as Document;

test('the index names every group and version, and changes with what is served', () => {
  const one = openApiIndex([{ type: resources.pods }]);
  const two = openApiIndex([{ type: resources.pods }, { type: resources.nodes }, { type: resources.leases }]);
  expect(Object.keys(two.paths as object)).toEqual(['api/v1', 'apis/coordination.k8s.io/v1']);
  expect((one.paths as JsonObject)['api/v1']).not.toEqual((two.paths as JsonObject)['api/v1']);
});

test('a document holds what kubectl asks for: kinds, merge keys, descriptions, parameters', () => {
  const { paths, components } = document({ type: resources.pods });
  const pod = components.schemas['io.k8s.api.core.v1.Pod'];
  expect(pod?.['x-kubernetes-group-version-kind']).toEqual([{ group: '', kind: 'Pod', version: 'v1' }]);
  const spec = components.schemas['io.k8s.api.core.v1.PodSpec'];
  expect(spec?.required).toEqual(['containers']);
  expect(spec?.properties.containers).toMatchObject({
    type: 'array',
    items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
    'x-kubernetes-list-map-keys': ['name'],
    'x-kubernetes-patch-merge-key': 'name',
    'x-kubernetes-patch-strategy': 'merge',
  });
  expect(spec?.properties.nodeName?.description).toBeString();
  const patch = paths['/api/v1/namespaces/{namespace}/pods/{name}']?.patch;
  expect(patch?.['x-kubernetes-group-version-kind']).toEqual({ group: '', kind: 'Pod', version: 'v1' });
  expect(JSON.stringify(patch?.parameters)).toContain('"fieldValidation"');
});

test('every reference leads to a component', () => {
  const served = Object.values(resources).map((type) => ({ type }));
  const { components, ...rest } = document(...served);
  const text = JSON.stringify([components, rest]);
  for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    expect(components.schemas[name], name).toBeDefined();
  }
});

test('custom resources are described by their own schema, and without descriptions there are none', () => {
  const type = { group: 'x.io', version: 'v1', resource: 'gadgets', kind: 'Gadget', namespaced: true };
  const customSchema = { type: 'object', properties: { spec: { type: 'object', description: 'A thing.' } } };
  const { paths, components } = document({ type, customSchema });
  expect(components.schemas['io.x.v1.Gadget']?.properties.spec).toEqual(customSchema.properties.spec);
  expect(components.schemas['io.x.v1.GadgetList']).toBeDefined();
  const patch = paths['/apis/x.io/v1/namespaces/{namespace}/gadgets/{name}']?.patch;
  expect(JSON.stringify(patch?.requestBody)).toContain('merge-patch+json');
  expect(JSON.stringify(patch?.requestBody)).not.toContain('strategic');
  const bare = openApiDocument([{ type: resources.pods }], {
    ...options,
    describe: describeFrom(() => undefined),
  });
  const spec = (bare as unknown as Document).components.schemas['io.k8s.api.core.v1.PodSpec'];
  expect(spec?.properties.nodeName).toEqual({ type: 'string' });
});
