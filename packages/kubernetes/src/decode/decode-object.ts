// Decodes a request's JSON into an object of a known kind, as Go would: types checked, unknown fields and nulls left out,
// zero values dropped or written as the Go types have it.

import { isJsonObject, type JsonObject, setField } from '../json.ts';
import type {
  FieldSchema,
  ListSchema,
  MapSchema,
  ObjectSchema,
  ScalarSchema,
  Schema,
} from '../schema/schema.ts';
import { countFields, duplicateFields } from './duplicate-fields.ts';
import { goStructName, goTypeOf, jsonKindOf } from './go-type.ts';
import { decodeScalar, isPlain } from './scalars.ts';

export type Decoded =
  | {
      readonly kind: 'decoded';
      readonly object: JsonObject;
      /** `unknown field "spec.bogus"`, `duplicate field "data.a"`; empty unless asked for. */
      readonly strictErrors: readonly string[];
    }
  | { readonly kind: 'malformed'; readonly message: string };

export interface DecodeOptions {
  /** Whether unknown and duplicate fields are listed (field validation Strict and Warn). */
  readonly listStrictErrors: boolean;
  /** The JSON text that was parsed: duplicates can be told only from it. */
  readonly text?: string;
}

const maxStrictErrors = 100;

/** Decodes a parsed JSON value. The value is taken over: what can stay of it is kept and changed in place. */
export function decodeObject(schema: ObjectSchema, value: unknown, options: DecodeOptions): Decoded {
  if (!isJsonObject(value)) {
    const message = `json: cannot unmarshal ${jsonKindOf(value)} into Go value of type ${goTypeOf(schema)}`;
    return { kind: 'malformed', message };
  }
  const decoder = new ObjectDecoder(options);
  try {
    const object = decoder.object(schema, value);
    if (decoder.typeError !== undefined) return { kind: 'malformed', message: decoder.typeError };
    return { kind: 'decoded', object, strictErrors: decoder.strictErrors() };
  } catch (error) {
    if (error instanceof Refused) return { kind: 'malformed', message: error.message };
    throw error;
  }
}

/** The text of a refused strict decoding: `strict decoding error: unknown field "a", duplicate field "b"`. */
export function strictDecodingError(errors: readonly string[]): string {
  return `strict decoding error: ${errors.join(', ')}`;
}

/** A value whose type has a decoder of its own ends the decoding. */
class Refused extends Error {}

/** Marks a map's key in the path: strict errors show it, Go's type errors do not. */
const mapKey = '\0';

class ObjectDecoder {
  /** Go goes on after a value of a wrong type, and reports the first. */
  typeError: string | undefined;
  readonly #options: DecodeOptions;
  readonly #unknown: string[] = [];
  /** Field names, `[3]` for an item, a marked key for an entry of a map. */
  readonly #path: string[] = [];
  #fieldCount = 0;

  constructor(options: DecodeOptions) {
    this.#options = options;
  }

  strictErrors(): string[] {
    const { listStrictErrors, text } = this.#options;
    if (!listStrictErrors) return [];
    const errors = this.#unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
    if (text !== undefined && countFields(text) !== this.#fieldCount) {
      errors.push(...duplicateFields(text).map((path) => `duplicate field ${JSON.stringify(path)}`));
    }
    return [...new Set(errors)].slice(0, maxStrictErrors);
  }

  object(schema: ObjectSchema, value: JsonObject): JsonObject {
    let dropped = 0;
    for (const name of Object.keys(value)) {
      this.#fieldCount++;
      const field = schema.fields.get(name);
      if (field === undefined) {
        this.#noteUnknown(name, value[name]);
        setField(value, name, undefined);
        dropped++;
        continue;
      }
      this.#path.push(name);
      const decoded = this.#field(schema, field, value[name]);
      this.#path.pop();
      if (decoded !== value[name]) value[name] = decoded;
      if (decoded === undefined) dropped++;
    }
    const kept = dropped === 0 ? value : withoutUndefined(value);
    for (const field of schema.written) {
      if (kept[field.name] === undefined) kept[field.name] = field.whenUnset?.();
    }
    return kept;
  }

  /** The field's value as it is stored; undefined where Go leaves the field out. */
  #field(owner: ObjectSchema, field: FieldSchema, value: unknown): unknown {
    if (value === null) return undefined;
    const { type } = field;
    if (type.kind === 'scalar') {
      const decoded = isPlain(value, type.format) ? value : this.#scalar(owner, type, value);
      return isOmitted(decoded, field) ? undefined : decoded;
    }
    const decoded = this.#value(owner, type, value);
    return field.whenUnset === undefined && isEmpty(decoded, type) ? undefined : decoded;
  }

  #value(owner: ObjectSchema, type: Schema, value: unknown): unknown {
    switch (type.kind) {
      case 'object':
        return isJsonObject(value) ? this.object(type, value) : this.#wrongType(owner, type, value);
      case 'list':
        return Array.isArray(value) ? this.#list(owner, type, value) : this.#wrongType(owner, type, value);
      case 'map':
        return isJsonObject(value) ? this.#map(owner, type, value) : this.#wrongType(owner, type, value);
      case 'scalar':
        return this.#scalar(owner, type, value);
      case 'any':
        if (this.#options.text !== undefined) this.#fieldCount += countFieldsOf(value);
        return value;
    }
  }

  #list(owner: ObjectSchema, type: ListSchema, list: unknown[]): unknown[] {
    const { item } = type;
    for (let at = 0; at < list.length; at++) {
      const value = list[at];
      if (item.kind === 'scalar' && isPlain(value, item.format)) continue;
      this.#path.push(`[${at}]`);
      list[at] = value === null ? zeroOf(item) : this.#value(owner, item, value);
      this.#path.pop();
    }
    return list;
  }

  #map(owner: ObjectSchema, type: MapSchema, map: JsonObject): JsonObject {
    const valueType = type.value;
    for (const key of Object.keys(map)) {
      this.#fieldCount++;
      const value = map[key];
      if (valueType.kind === 'scalar' && isPlain(value, valueType.format)) continue;
      this.#path.push(mapKey + key);
      setField(map, key, value === null ? zeroOf(valueType) : this.#value(owner, valueType, value));
      this.#path.pop();
    }
    return map;
  }

  #scalar(owner: ObjectSchema, type: ScalarSchema, value: unknown): unknown {
    const result = decodeScalar(value, type.format);
    if (result.kind === 'taken') return result.value;
    if (result.kind === 'refused') {
      if (result.isFinal) throw new Refused(result.message);
      this.typeError ??= result.message;
      return undefined;
    }
    const message = this.#wrongTypeMessage(owner, result.shown, result.goType ?? goTypeOf(type));
    if (result.isFinal) throw new Refused(message);
    this.typeError ??= message;
    return undefined;
  }

  #wrongType(owner: ObjectSchema, type: Schema, value: unknown): undefined {
    this.typeError ??= this.#wrongTypeMessage(owner, jsonKindOf(value), goTypeOf(type));
    return undefined;
  }

  #wrongTypeMessage(owner: ObjectSchema, shown: string, goType: string): string {
    const fields = this.#path.filter((part) => !part.startsWith('[') && !part.startsWith(mapKey));
    const place = `Go struct field ${goStructName(owner.name)}.${fields.join('.')}`;
    return `json: cannot unmarshal ${shown} into ${place} of type ${goType}`;
  }

  #noteUnknown(name: string, value: unknown): void {
    if (this.#options.text !== undefined) this.#fieldCount += countFieldsOf(value);
    if (!this.#options.listStrictErrors || this.#unknown.length >= maxStrictErrors) return;
    let path = '';
    for (const part of [...this.#path, name]) {
      const shown = part.startsWith(mapKey) ? part.slice(1) : part;
      path += path === '' || shown.startsWith('[') ? shown : `.${shown}`;
    }
    this.#unknown.push(path);
  }
}

function countFieldsOf(value: unknown): number {
  let count = 0;
  if (Array.isArray(value)) for (const item of value) count += countFieldsOf(item);
  else if (isJsonObject(value)) {
    for (const name of Object.keys(value)) count += 1 + countFieldsOf(value[name]);
  }
  return count;
}

function withoutUndefined(value: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const name of Object.keys(value)) {
    if (value[name] !== undefined && name !== '__proto__') kept[name] = value[name];
  }
  return kept;
}

/** A zero value that Go leaves out: that of an optional field which is no pointer. */
function isOmitted(value: unknown, field: FieldSchema): boolean {
  return (value === '' || value === 0 || value === false) && field.whenUnset === undefined && !field.pointer;
}

function isEmpty(value: unknown, type: Schema): boolean {
  if (type.kind === 'list') return Array.isArray(value) && value.length === 0;
  if (type.kind !== 'map' || value === undefined) return false;
  for (const _ in value as JsonObject) return false;
  return true;
}

/** What Go puts where a list or a map holds null. */
function zeroOf(type: Schema): unknown {
  if (type.kind === 'object') {
    const value: JsonObject = {};
    for (const field of type.written) value[field.name] = field.whenUnset?.();
    return value;
  }
  if (type.kind !== 'scalar') return null;
  if (type.format === 'boolean') return false;
  if (type.format === 'string' || type.format === 'bytes') return '';
  return type.format === 'quantity' ? '0' : 0;
}
