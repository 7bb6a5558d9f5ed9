// Decodes custom resources: metadata is checked as in every object, of the rest only fields that are not in the schema go.
// Whether values have the right type is for validation to say.

import { cloneJson, isJsonObject, type JsonObject, setField } from '../json.ts';
import type { ObjectSchema, Schema } from '../schema/schema.ts';
import { type Decoded, type DecodeOptions, decodeObject } from './decode-object.ts';
import { countFields, duplicateFields } from './duplicate-fields.ts';

/** Decodes a parsed JSON value along a schema of `structuralSchema`. The value is taken over and changed in place. */
export function decodeCustomObject(schema: ObjectSchema, value: unknown, options: DecodeOptions): Decoded {
  if (!isJsonObject(value)) return { kind: 'malformed', message: 'expected object' };
  const total = options.text === undefined ? 0 : countAll(value);
  const metadata = decodeMetadata(schema, value, options);
  if (metadata.kind === 'malformed') return metadata;
  const unknown: string[] = [];
  pruneFields(schema, value, '', unknown);
  if (!options.listStrictErrors) return { kind: 'decoded', object: value, strictErrors: [] };
  const strictErrors = [
    ...metadata.strictErrors,
    ...unknown.sort().map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
  if (options.text !== undefined && countFields(options.text) !== total) {
    strictErrors.push(
      ...duplicateFields(options.text).map((path) => `duplicate field ${JSON.stringify(path)}`),
    );
  }
  return { kind: 'decoded', object: value, strictErrors };
}

function decodeMetadata(schema: ObjectSchema, object: JsonObject, options: DecodeOptions): Decoded {
  const field = schema.fields.get('metadata');
  if (field === undefined || object.metadata === undefined)
    return { kind: 'decoded', object, strictErrors: [] };
  const wrapper: ObjectSchema = {
    ...schema,
    name: 'ObjectMeta',
    fields: new Map([['metadata', field]]),
    written: [],
  };
  const { listStrictErrors } = options;
  const decoded = decodeObject(wrapper, { metadata: object.metadata }, { listStrictErrors });
  if (decoded.kind === 'malformed') return decoded;
  const metadata = isJsonObject(decoded.object.metadata) ? decoded.object.metadata : {};
  if (metadata.creationTimestamp === null) delete metadata.creationTimestamp;
  object.metadata = metadata;
  return decoded;
}

function pruneFields(schema: Schema, object: JsonObject, path: string, unknown: string[]): void {
  for (const name of Object.keys(object)) {
    const place = path === '' ? name : `${path}.${name}`;
    const type =
      schema.kind === 'map'
        ? schema.value
        : schema.kind === 'object'
          ? schema.fields.get(name)?.type
          : undefined;
    if (type !== undefined) {
      if (type.kind !== 'object' || type.name !== 'meta.v1.ObjectMeta')
        pruneValue(type, object[name], place, unknown);
    } else if (schema.kind === 'object' && !schema.preserveUnknown) {
      delete object[name];
      unknown.push(place);
    }
  }
}

function pruneValue(schema: Schema, value: unknown, path: string, unknown: string[]): void {
  if (schema.kind === 'list' && Array.isArray(value)) {
    for (const [at, item] of value.entries()) pruneValue(schema.item, item, `${path}[${at}]`, unknown);
  } else if ((schema.kind === 'object' || schema.kind === 'map') && isJsonObject(value)) {
    pruneFields(schema, value, path, unknown);
  }
}

/** Sets the defaults that the schema states, in place; a null where none may stand counts as missing, and goes. */
export function applySchemaDefaults(schema: Schema, value: unknown): void {
  if (schema.kind === 'list' && Array.isArray(value)) {
    for (const item of value) applySchemaDefaults(schema.item, item);
  }
  if (!isJsonObject(value)) return;
  if (schema.kind === 'map')
    for (const entry of Object.values(value)) applySchemaDefaults(schema.value, entry);
  if (schema.kind !== 'object' || schema.name !== '') return;
  for (const [name, field] of schema.fields) {
    const current = Object.hasOwn(value, name) ? value[name] : undefined;
    const missing = current === undefined || (current === null && field.nullable !== true);
    if (missing && field.defaultValue !== undefined) setField(value, name, cloneJson(field.defaultValue));
    else if (missing && current === null) delete value[name];
    applySchemaDefaults(field.type, value[name]);
  }
}

function countAll(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countAll(item), 0);
  if (!isJsonObject(value)) return 0;
  let count = 0;
  for (const name of Object.keys(value)) count += 1 + countAll(value[name]);
  return count;
}
