// Reads the protobuf wire format: tags, varints, and values that state their length. Every length is checked before use.

import { Fault } from '@selvedge/base';

export type WireValue =
  | { readonly kind: 'varint'; readonly value: bigint }
  | { readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly kind: 'fixed'; readonly value: Buffer };

const maxVarintBytes = 10;

/** The fields of one message in the order in which they come; throws `kubernetes/bad-protobuf` on malformed bytes. */
export function* readFields(bytes: Buffer): Generator<readonly [number: number, value: WireValue]> {
  let offset = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let index = 0; index < maxVarintBytes; index++) {
      const byte = bytes[offset++];
      if (byte === undefined) throw malformed('it ends in the middle of a number');
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed('a number is longer than 64 bits');
  };
  const take = (length: bigint): Buffer => {
    if (length > BigInt(bytes.length - offset)) throw malformed('a length reaches beyond the end');
    const start = offset;
    offset += Number(length);
    return bytes.subarray(start, offset);
  };
  while (offset < bytes.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    if (number < 1 || number > 0x1fffffff) throw malformed(`field number ${number}`);
    yield [number, readValue(Number(tag & 7n), varint, take)];
  }
}

function readValue(type: number, varint: () => bigint, take: (length: bigint) => Buffer): WireValue {
  switch (type) {
    case 0:
      return { kind: 'varint', value: varint() };
    case 1:
      return { kind: 'fixed', value: take(8n) };
    case 2:
      return { kind: 'bytes', value: take(varint()) };
    case 5:
      return { kind: 'fixed', value: take(4n) };
    default:
      throw malformed(`wire type ${type}`);
  }
}

export function malformed(what: string): Fault {
  return new Fault('kubernetes/bad-protobuf', `the body is no valid protobuf: ${what}`);
}
