// Decodes Kubernetes' protobuf encoding, in which kubectl and Go clients write built-in kinds, into the JSON form of an object.
// Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf and each group's generated.proto (field numbers: field-numbers.json).

import type { KubeObject } from '../object.ts';
import type { Definitions, FieldSchema, ObjectSchema, Schema } from '../schema/index.ts';
import fieldNumbers from './field-numbers.json' with { type: 'json' };
import { malformed, readFields, type WireValue } from './wire-reader.ts';

const magic = Buffer.from('k8s\0');
const maxDepth = 64;
const numbers: Readonly<Record<string, string>> = fieldNumbers;

/** What a field number of a message means: a JSON field, or a message whose fields stand in this one's JSON. */
type Meaning = { readonly field: string } | { readonly inline: string };

/** Decodes bodies with `content-type: application/vnd.kubernetes.protobuf`. */
export class ProtobufDecoder {
  readonly #definitions: Definitions;
  readonly #meanings = new Map<string, ReadonlyMap<number, Meaning>>();

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  /**
   * The object in the body, in its JSON form. Throws `kubernetes/bad-protobuf` when the bytes are malformed or of a kind that
   * has no protobuf form here. Fields with unknown numbers are passed over, as protobuf asks.
   */
  decode(
    body: Buffer,
    expected: { readonly group: string; readonly version: string; readonly kind: string },
  ): KubeObject {
    const envelope = readEnvelope(body);
    const apiVersion = envelope.apiVersion || joinVersion(expected);
    const kind = envelope.kind || expected.kind;
    const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    const schema = this.#definitions.schemaOf({ group, version, kind });
    if (!schema || numbers[schema.name] === undefined)
      throw malformed(`${kind} of ${apiVersion} has no protobuf form`);
    return { ...this.#object(envelope.raw, schema, schema.name, 0), apiVersion, kind };
  }

  #object(bytes: Buffer, schema: ObjectSchema, message: string, depth: number): Record<string, unknown> {
    if (depth > maxDepth) throw malformed('messages are nested too deeply');
    const object: Record<string, unknown> = {};
    const meanings = this.#meaningsOf(message);
    for (const [number, value] of readFields(bytes)) {
      const meaning = meanings.get(number);
      if (!meaning) continue;
      if ('inline' in meaning) {
        Object.assign(object, this.#object(bytesOf(value), schema, meaning.inline, depth + 1));
        continue;
      }
      const field = schema.fields.get(meaning.field);
      if (field) this.#add(object, field, value, depth);
    }
    return object;
  }

  #add(object: Record<string, unknown>, field: FieldSchema, value: WireValue, depth: number): void {
    const { name, type } = field;
    if (type.kind === 'list') {
      const list = (object[name] as unknown[] | undefined) ?? [];
      list.push(this.#value(value, type.item, depth));
      object[name] = list;
    } else if (type.kind === 'map') {
      const [key, item] = this.#mapEntry(bytesOf(value), type.value, depth);
      const map = (object[name] as Record<string, unknown> | undefined) ?? {};
      Object.defineProperty(map, key, { value: item, enumerable: true, configurable: true, writable: true });
      object[name] = map;
    } else {
      const decoded = this.#value(value, type, depth);
      if (decoded !== undefined && (field.pointer || !isZero(decoded))) object[name] = decoded;
    }
  }

  #mapEntry(bytes: Buffer, schema: Schema, depth: number): [key: string, value: unknown] {
    let key = '';
    let item: unknown = schema.kind === 'list' ? [] : '';
    for (const [number, value] of readFields(bytes)) {
      if (number === 1) key = bytesOf(value).toString('utf8');
      if (number === 2)
        item = schema.kind === 'list' ? this.#items(bytesOf(value)) : this.#value(value, schema, depth);
    }
    return [key, item];
  }

  /** Lists inside maps are messages of their own, with the list in field 1. */
  #items(bytes: Buffer): string[] {
    const items: string[] = [];
    for (const [number, value] of readFields(bytes))
      if (number === 1) items.push(bytesOf(value).toString('utf8'));
    return items;
  }

  #value(value: WireValue, schema: Schema, depth: number): unknown {
    if (schema.kind === 'object') return this.#object(bytesOf(value), schema, schema.name, depth + 1);
    if (schema.kind === 'any') return rawJson(bytesOf(value));
    if (schema.kind !== 'scalar') return this.#items(bytesOf(value));
    switch (schema.format) {
      case 'string':
        return bytesOf(value).toString('utf8');
      case 'bytes':
        return bytesOf(value).toString('base64');
      case 'boolean':
        return integerOf(value) !== 0n;
      case 'int32':
      case 'int64':
        return Number(BigInt.asIntN(64, integerOf(value)));
      case 'double':
        return value.kind === 'fixed' && value.value.length === 8 ? value.value.readDoubleLE(0) : undefined;
      case 'time':
        return timeOf(bytesOf(value), 0);
      case 'microTime':
        return timeOf(bytesOf(value), 6);
      case 'quantity':
        return fieldOf(bytesOf(value), 1)?.toString('utf8');
      case 'intOrString':
        return intOrString(bytesOf(value));
    }
  }

  #meaningsOf(message: string): ReadonlyMap<number, Meaning> {
    let meanings = this.#meanings.get(message);
    if (!meanings) {
      const rows = (numbers[message] ?? '').split(' ').filter((row) => row !== '');
      meanings = new Map(
        rows.map((row) => {
          const [number = '', target = ''] = row.split(':');
          return [Number(number), target.startsWith('+') ? { inline: target.slice(1) } : { field: target }];
        }),
      );
      this.#meanings.set(message, meanings);
    }
    return meanings;
  }
}

interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Buffer;
}

/** `k8s\0`, then a runtime.Unknown: the kind in field 1, the object's own bytes in field 2. */
function readEnvelope(body: Buffer): Envelope {
  if (!body.subarray(0, magic.length).equals(magic)) throw malformed('it does not begin with "k8s"');
  const unknown = body.subarray(magic.length);
  const typeMeta = fieldOf(unknown, 1) ?? Buffer.alloc(0);
  return {
    apiVersion: fieldOf(typeMeta, 1)?.toString('utf8') ?? '',
    kind: fieldOf(typeMeta, 2)?.toString('utf8') ?? '',
    raw: fieldOf(unknown, 2) ?? Buffer.alloc(0),
  };
}

function joinVersion({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

function fieldOf(bytes: Buffer, wanted: number): Buffer | undefined {
  let found: Buffer | undefined;
  for (const [number, value] of readFields(bytes)) if (number === wanted) found = bytesOf(value);
  return found;
}

function bytesOf(value: WireValue): Buffer {
  if (value.kind !== 'bytes') throw malformed('a number stands where bytes are expected');
  return value.value;
}

function integerOf(value: WireValue): bigint {
  if (value.kind !== 'varint') throw malformed('bytes stand where a number is expected');
  return value.value;
}

/** RFC 3339 from seconds and nanoseconds; undefined for the zero time, which is an empty message. */
function timeOf(bytes: Buffer, digits: 0 | 6): string | undefined {
  let seconds: number | undefined;
  let nanoseconds = 0;
  for (const [number, value] of readFields(bytes)) {
    if (number === 1) seconds = Number(BigInt.asIntN(64, integerOf(value)));
    if (number === 2) nanoseconds = Number(BigInt.asIntN(64, integerOf(value)));
  }
  const date = new Date((seconds ?? Number.NaN) * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  const whole = date.toISOString().slice(0, 19);
  return digits === 0 ? `${whole}Z` : `${whole}.${String(Math.trunc(nanoseconds / 1000)).padStart(6, '0')}Z`;
}

function intOrString(bytes: Buffer): number | string {
  let isString = false;
  let number = 0;
  let text = '';
  for (const [field, value] of readFields(bytes)) {
    if (field === 1) isString = integerOf(value) === 1n;
    if (field === 2) number = Number(BigInt.asIntN(64, integerOf(value)));
    if (field === 3) text = bytesOf(value).toString('utf8');
  }
  return isString ? text : number;
}

/** RawExtension, JSON and FieldsV1 hold JSON text in field 1. */
function rawJson(bytes: Buffer): unknown {
  const text = fieldOf(bytes, 1)?.toString('utf8');
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw malformed('an embedded object is no JSON');
  }
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}
