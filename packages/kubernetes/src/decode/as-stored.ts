// What storage makes of an object: Kubernetes keeps its own kinds in protobuf, which knows no empty lists.

import { isJsonObject, type JsonObject } from '../json.ts';
import type { ObjectSchema, Schema } from '../schema/schema.ts';

/** Turns empty lists and maps that are always written into null, in place. For after the owners are noted, before storing. */
export function emptyAsNull(schema: ObjectSchema, object: JsonObject): void {
  for (const name of Object.keys(object)) {
    const field = schema.fields.get(name);
    if (field === undefined || field.type.kind === 'scalar' || field.type.kind === 'any') continue;
    const value = object[name];
    if (field.whenUnset !== undefined && isEmptyCollection(field.type, value)) object[name] = null;
    else visit(field.type, value);
  }
}

function visit(schema: Schema, value: unknown): void {
  if (schema.kind === 'object') {
    if (isJsonObject(value)) emptyAsNull(schema, value);
  } else if (schema.kind === 'list' && schema.item.kind !== 'scalar') {
    if (Array.isArray(value)) for (const item of value) visit(schema.item, item);
  }
}

function isEmptyCollection(schema: Schema, value: unknown): boolean {
  if (schema.kind === 'list') return Array.isArray(value) && value.length === 0;
  return schema.kind === 'map' && isJsonObject(value) && Object.keys(value).length === 0;
}
