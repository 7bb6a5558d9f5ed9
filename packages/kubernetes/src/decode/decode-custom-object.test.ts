import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Definitions, structuralSchema } from '../schema/index.ts';
import { applySchemaDefaults, decodeCustomObject } from './decode-custom-object.ts';
import { strictDecodingError } from './decode-object.ts';

const openApi = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        mode: { type: 'string', default: 'a' },
        note: { type: 'string', default: 'n', nullable: true },
        parts: {
          type: 'array',
          items: { type: 'object', properties: { size: { type: 'integer', default: 1 } } },
        },
        extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
  },
};
const schema = structuralSchema(openApi, new Definitions().definition('meta.v1.ObjectMeta'));

function decode(text: string): unknown {
  const decoded = decodeCustomObject(schema, JSON.parse(text), { listStrictErrors: true, text });
  if (decoded.kind === 'malformed') return decoded.message;
  if (decoded.strictErrors.length > 0) return strictDecodingError(decoded.strictErrors);
  applySchemaDefaults(schema, decoded.object);
  return decoded.object;
}

test('fields outside the schema are named and dropped, preserved ones stay', () => {
  expect(decode('{"spec":{"x":1,"parts":[{"y":1}],"extra":{"z":1},"labels":{"l":"1"}}}')).toBe(
    'strict decoding error: unknown field "spec.parts[0].y", unknown field "spec.x"',
  );
  expect(decode('{"spec":{"mode":"b","mode":"c"}}')).toBe(
    'strict decoding error: duplicate field "spec.mode"',
  );
  expect(decode('{"metadata":{"labels":{"a":1}}}')).toBe(
    'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
  );
  const text = '{"a":1,"spec":{"x":1,"extra":{"z":1}},"metadata":{"name":"n","bogus":1}}';
  const decoded = decodeCustomObject(schema, JSON.parse(text), { listStrictErrors: false });
  expect(decoded).toMatchObject({
    object: { spec: { extra: { z: 1 } }, metadata: { name: 'n' } },
    strictErrors: [],
  });
  if (decoded.kind === 'decoded') expect(Object.keys(decoded.object)).toEqual(['spec', 'metadata']);
});

test('defaults fill what is missing and nulls that may not stand', () => {
  expect(decode('{"spec":{"mode":null,"note":null,"parts":[{},{"size":2}]}}')).toEqual({
    spec: { mode: 'a', note: null, parts: [{ size: 1 }, { size: 2 }] },
  });
  expect(decode('{"kind":"X"}')).toEqual({ kind: 'X' });
});

test('any JSON is decoded or refused, and decoding again changes nothing', () => {
  const name = fc.constantFrom(
    'metadata',
    'spec',
    'parts',
    'size',
    'mode',
    'extra',
    'labels',
    'name',
    '__proto__',
    'x',
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom(null, '', 1, true),
      fc.array(tie('node'), { maxLength: 2 }),
      fc.dictionary(name, tie('node'), { maxKeys: 4 }),
    ),
  })).node;
  fc.assert(
    fc.property(value, (input) => {
      const text = JSON.stringify(input);
      const decoded = decodeCustomObject(schema, JSON.parse(text), { listStrictErrors: true, text });
      if (decoded.kind === 'malformed') return;
      applySchemaDefaults(schema, decoded.object);
      const again = JSON.stringify(decoded.object);
      const second = decodeCustomObject(schema, JSON.parse(again), { listStrictErrors: true, text: again });
      expect(second).toMatchObject({ kind: 'decoded', strictErrors: [] });
    }),
  );
});
