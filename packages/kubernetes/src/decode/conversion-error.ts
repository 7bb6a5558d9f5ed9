// What a strategic merge patch is told when its result does not fit the kind: Go converts those without JSON, and has other
// words for it.

import { isJsonObject } from '../json.ts';
import type { ScalarSchema, Schema } from '../schema/schema.ts';
import { goTypeOf } from './go-type.ts';
import { decodeScalar } from './scalars.ts';

/** The first value that has the wrong type, as Go's converter tells it; undefined when all fit. */
export function conversionError(schema: Schema, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (schema.kind) {
    case 'any':
      return undefined;
    case 'scalar':
      return scalarError(schema, value);
    case 'list':
      if (!Array.isArray(value)) return `cannot restore slice from ${kindOf(value)}`;
      return firstError(value.map((item) => [schema.item, item] as const));
    case 'map':
      if (!isJsonObject(value)) return `cannot restore map from ${kindOf(value)}`;
      return firstError(Object.values(value).map((entry) => [schema.value, entry] as const));
    case 'object': {
      if (!isJsonObject(value)) return `cannot restore struct from: ${kindOf(value)}`;
      const known = [...schema.fields.values()].filter(({ name }) => Object.hasOwn(value, name));
      return firstError(known.map(({ name, type }) => [type, value[name]] as const));
    }
  }
}

function firstError(pairs: readonly (readonly [Schema, unknown])[]): string | undefined {
  for (const [schema, value] of pairs) {
    const error = conversionError(schema, value);
    if (error !== undefined) return error;
  }
  return undefined;
}

function scalarError(schema: ScalarSchema, value: unknown): string | undefined {
  const result = decodeScalar(value, schema.format);
  if (result.kind === 'taken') return undefined;
  if (result.kind === 'refused') return result.message;
  if (result.goType !== undefined && schema.format !== 'bytes') {
    return `json: cannot unmarshal ${result.shown} into Go value of type ${result.goType}`;
  }
  if (schema.format === 'bytes') return `cannot restore slice from ${kindOf(value)}`;
  // Numbers convert to one another and, in Go, whole ones to strings; what then does not fit is told as a conversion.
  const isText = schema.format === 'string';
  const convertible =
    typeof value === 'number' && schema.format !== 'boolean' && (!isText || Number.isInteger(value));
  return convertible
    ? `cannot convert ${kindOf(value)} to ${goTypeOf(schema)}`
    : `unrecognized type: ${goTypeOf({ kind: 'scalar', format: schema.format })}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'object') return 'map';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return 'string';
}
