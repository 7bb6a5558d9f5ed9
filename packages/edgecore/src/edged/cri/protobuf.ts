// Protocol buffers for the messages in the generated table: encodes plain objects, decodes bytes that a runtime sent.

import { Fault } from '@selvedge/base';
import { type CriMessages, criEnums, criFields } from './cri.gen.ts';

interface Field {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly repeated: boolean;
}

interface Shape {
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

type Plain = Record<string, unknown>;

const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;
const integers = new Set(['int32', 'int64', 'uint32', 'uint64']);

/** Reads message shapes from the table when they are first needed. */
export class ProtobufCodec {
  readonly #shapes = new Map<string, Shape>();

  encode<Name extends keyof CriMessages>(name: Name, message: CriMessages[Name]): Uint8Array {
    const writer = new Writer();
    this.#write(writer, this.#shape(name), message as Plain);
    return writer.finish();
  }

  /** Fields with their zero value are absent; unknown fields are skipped. Throws `runtime/malformed-message`. */
  decode<Name extends keyof CriMessages>(name: Name, bytes: Uint8Array): CriMessages[Name] {
    const reader = new Reader(bytes, 0, bytes.length);
    return this.#read(reader, this.#shape(name)) as CriMessages[Name];
  }

  #shape(name: string): Shape {
    const known = this.#shapes.get(name);
    if (known) return known;
    const fields = (criFields[name] ?? '')
      .split(';')
      .filter((text) => text !== '')
      .map((text) => {
        const [number, field = '', type = ''] = text.split(' ');
        const repeated = type.endsWith('*');
        return { number: Number(number), name: field, type: repeated ? type.slice(0, -1) : type, repeated };
      });
    const shape = { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
    this.#shapes.set(name, shape);
    return shape;
  }

  #write(writer: Writer, shape: Shape, message: Plain): void {
    for (const field of shape.fields) {
      const value = message[field.name];
      if (value === undefined || value === null) continue;
      if (field.type === 'map<string,string>') this.#writeMap(writer, field, value as Record<string, string>);
      else if (!field.repeated) this.#writeField(writer, field, value, false);
      else for (const item of value as unknown[]) this.#writeField(writer, field, item, true);
    }
  }

  #writeMap(writer: Writer, field: Field, entries: Record<string, string>): void {
    for (const [key, value] of Object.entries(entries)) {
      const entry = new Writer();
      entry.bytes(1, Buffer.from(key));
      entry.bytes(2, Buffer.from(value));
      writer.bytes(field.number, entry.finish());
    }
  }

  #writeField(writer: Writer, field: Field, value: unknown, keepZero: boolean): void {
    const { number, type } = field;
    if (type === 'string') {
      if (value !== '' || keepZero) writer.bytes(number, Buffer.from(String(value)));
    } else if (type === 'bytes') {
      const bytes = value as Uint8Array;
      if (bytes.length > 0 || keepZero) writer.bytes(number, bytes);
    } else if (type === 'bool') {
      if (value || keepZero) writer.integer(number, value ? 1 : 0);
    } else if (integers.has(type)) {
      if (value !== 0 || keepZero) writer.integer(number, Number(value));
    } else if (criEnums[type]) {
      const index = criEnums[type].indexOf(String(value));
      if (index < 0) throw new RangeError(`${String(value)} is no ${type}`);
      if (index > 0 || keepZero) writer.integer(number, index);
    } else {
      const nested = new Writer();
      this.#write(nested, this.#shape(type), value as Plain);
      writer.bytes(number, nested.finish());
    }
  }

  #read(reader: Reader, shape: Shape): Plain {
    const message: Plain = {};
    while (!reader.atEnd) {
      const key = reader.varint();
      const wireType = key % 8;
      const field = shape.byNumber.get(Math.floor(key / 8));
      if (!field || !fits(field, wireType)) reader.skip(wireType);
      else this.#readField(reader, field, wireType, message);
    }
    return message;
  }

  #readField(reader: Reader, field: Field, wireType: number, message: Plain): void {
    if (field.type === 'map<string,string>') {
      const [key, value] = this.#readEntry(reader.section(wireType));
      const map = (message[field.name] ?? {}) as Record<string, string>;
      message[field.name] = map;
      Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
      return;
    }
    const packed = field.repeated && wireType === lengthDelimited && isScalar(field.type);
    if (!packed) {
      put(message, field, this.#readValue(reader, field.type, wireType));
      return;
    }
    const section = reader.section(wireType);
    while (!section.atEnd) put(message, field, this.#readValue(section, field.type, varint));
  }

  #readEntry(entry: Reader): [string, string] {
    let key = '';
    let value = '';
    while (!entry.atEnd) {
      const tag = entry.varint();
      if (tag === 10) key = entry.section(lengthDelimited).text();
      else if (tag === 18) value = entry.section(lengthDelimited).text();
      else entry.skip(tag % 8);
    }
    return [key, value];
  }

  #readValue(reader: Reader, type: string, wireType: number): unknown {
    if (type === 'string') return reader.section(wireType).text();
    if (type === 'bytes') return reader.section(wireType).copy();
    const names = criEnums[type];
    if (names || isScalar(type)) {
      const value = reader.varint();
      if (type === 'bool') return value !== 0;
      return names ? (names[value] ?? names[0]) : value;
    }
    return this.#read(reader.section(wireType), this.#shape(type));
  }
}

/** A field in another encoding than ours is treated as one that we do not know. */
function fits(field: Field, wireType: number): boolean {
  if (!isScalar(field.type)) return wireType === lengthDelimited;
  return wireType === varint || (field.repeated && wireType === lengthDelimited);
}

function isScalar(type: string): boolean {
  return type === 'bool' || integers.has(type) || criEnums[type] !== undefined;
}

function put(message: Plain, field: Field, value: unknown): void {
  if (!field.repeated) {
    message[field.name] = value;
    return;
  }
  const items = (message[field.name] ?? []) as unknown[];
  items.push(value);
  message[field.name] = items;
}

function malformed(): Fault {
  return new Fault('runtime/malformed-message', 'the container runtime sent a message that can not be read');
}

class Writer {
  #buffer = Buffer.allocUnsafe(64);
  #length = 0;

  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  bytes(number: number, data: Uint8Array): void {
    this.#varint(number * 8 + lengthDelimited);
    this.#varint(data.length);
    this.#reserve(data.length);
    this.#buffer.set(data, this.#length);
    this.#length += data.length;
  }

  integer(number: number, value: number): void {
    this.#varint(number * 8 + varint);
    this.#varint(value);
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
    while (rest > 127n) {
      this.#buffer[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #position: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#position >= this.#end;
  }

  /** Signed, as int32 and int64 are; exact up to 2^53. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      const bits = byte & 127;
      if (shift < 28) low += bits * 2 ** shift;
      else if (shift === 28) {
        low += (bits & 15) * 2 ** 28;
        high += bits >> 4;
      } else high += bits * 2 ** (shift - 32);
      if (byte < 128) return (high >= 2 ** 31 ? (high % 2 ** 32) - 2 ** 32 : high) * 2 ** 32 + low;
    }
    throw malformed();
  }

  section(wireType: number): Reader {
    if (wireType !== lengthDelimited) throw malformed();
    const length = this.varint();
    const start = this.#position;
    if (length < 0 || length > this.#end - start) throw malformed();
    this.#position = start + length;
    return new Reader(this.#bytes, start, start + length);
  }

  text(): string {
    return Buffer.from(
      this.#bytes.buffer,
      this.#bytes.byteOffset + this.#position,
      this.#end - this.#position,
    ).toString();
  }

  copy(): Uint8Array {
    return this.#bytes.slice(this.#position, this.#end);
  }

  skip(wireType: number): void {
    if (wireType === varint) this.varint();
    else if (wireType === lengthDelimited) this.section(wireType);
    else if (wireType === fixed64 || wireType === fixed32) {
      this.#position += wireType === fixed64 ? 8 : 4;
      if (this.#position > this.#end) throw malformed();
    } else throw malformed();
  }

  #byte(): number {
    const byte = this.atEnd ? undefined : this.#bytes[this.#position++];
    if (byte === undefined) throw malformed();
    return byte;
  }
}
