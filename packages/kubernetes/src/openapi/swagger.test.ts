import { expect, test } from 'bun:test';
import { isJsonObject, type JsonObject } from '../json.ts';
import { readFields } from '../protobuf/wire-reader.ts';
import { resources } from '../resource.ts';
import { Definitions } from '../schema/index.ts';
import { describeFrom, encodeSwagger, openApiDocument, swaggerDocument } from './index.ts';

const options = {
  definitions: new Definitions(),
  describe: describeFrom(() => undefined),
  serverVersion: 'v1.36.0',
};
const gadgets = { group: 'x.io', version: 'v1', resource: 'gadgets', kind: 'Gadget', namespaced: true };
const customSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { a: { type: 'string' } },
    },
    size: { 'x-kubernetes-int-or-string': true, type: 'integer' },
    none: { type: 'string', nullable: true },
  },
};
const document = swaggerDocument([
  openApiDocument([{ type: resources.pods }], options),
  openApiDocument([{ type: resources.deployments }], options),
  openApiDocument([{ type: gadgets, customSchema }], options),
]);
const definitions = document.definitions as Record<
  string,
  JsonObject & { properties: Record<string, JsonObject> }
>;

test('definitions keep kinds, references with their words, lists and merge keys', () => {
  expect(definitions['io.k8s.api.core.v1.Pod']?.['x-kubernetes-group-version-kind']).toEqual([
    { group: '', kind: 'Pod', version: 'v1' },
  ]);
  const pod = definitions['io.k8s.api.core.v1.Pod']?.properties.spec;
  expect(pod?.$ref).toBe('#/definitions/io.k8s.api.core.v1.PodSpec');
  expect(definitions['io.k8s.api.core.v1.PodSpec']?.properties.containers).toMatchObject({
    items: { $ref: '#/definitions/io.k8s.api.core.v1.Container' },
    'x-kubernetes-patch-merge-key': 'name',
  });
  expect<JsonObject | undefined>(definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toEqual({
    type: 'string',
    format: 'int-or-string',
  });
});

test('what v2 can not say is left open', () => {
  const { spec, size, none } = definitions['io.x.v1.Gadget']?.properties ?? {};
  expect(spec).toEqual({ 'x-kubernetes-preserve-unknown-fields': true });
  expect(size).toEqual({ 'x-kubernetes-int-or-string': true });
  expect(none).toEqual({});
});

test('every reference leads to a definition, and nothing of v3 is left', () => {
  const text = JSON.stringify(document);
  for (const [, name = ''] of text.matchAll(/"#\/definitions\/([^"]+)"/g))
    expect(definitions[name], name).toBeDefined();
  for (const word of ['"oneOf"', '"allOf"', '"nullable"', '#/components/', '"requestBody"'])
    expect(text).not.toContain(word);
});

/** The values of a field of a message, in order. */
function read(message: Uint8Array, field: number): Buffer[] {
  return [...readFields(Buffer.from(message))].flatMap(([number, value]) =>
    number === field && value.kind === 'bytes' ? [value.value] : [],
  );
}

test('the protobuf form holds the same definitions and paths', () => {
  const encoded = encodeSwagger(document);
  expect(read(encoded, 1).map(String)).toEqual(['2.0']);
  const [paths = Buffer.alloc(0)] = read(encoded, 8);
  expect(read(paths, 2).map((one) => String(read(one, 1)[0]))).toEqual(Object.keys(document.paths as object));
  const [all = Buffer.alloc(0)] = read(encoded, 9);
  for (const pair of read(all, 1)) {
    const [name, schema = Buffer.alloc(0)] = [String(read(pair, 1)[0]), read(pair, 2)[0]];
    const expected = definitions[name]?.properties;
    const properties = read(schema, 25).flatMap((one) => read(one, 1));
    expect(properties.map((one) => String(read(one, 1)[0]))).toEqual(
      Object.keys(isJsonObject(expected) ? expected : {}),
    );
  }
});
