// How Go names the type of a field in a decoding error: `[]v1.Container`, `map[string]string`, `int32`.

import type { ScalarFormat, Schema } from '../schema/schema.ts';

const scalarTypes: Readonly<Record<ScalarFormat, string>> = {
  string: 'string',
  boolean: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
};

export function goTypeOf(schema: Schema): string {
  switch (schema.kind) {
    case 'scalar':
      return schema.goType ?? scalarTypes[schema.format];
    case 'list':
      return schema.goType ?? `[]${goTypeOf(schema.item)}`;
    case 'map':
      return schema.goType ?? `map[string]${goTypeOf(schema.value)}`;
    case 'object':
      return `v1.${goStructName(schema.name)}`;
    case 'any':
      return 'runtime.RawExtension';
  }
}

/** `PodSpec` of `core.v1.PodSpec`. */
export function goStructName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** How Go names a JSON value's kind. */
export function jsonKindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
