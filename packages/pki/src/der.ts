// Writes the few DER structures that certificates and signing requests are made of, and reads them back with every length checked.

import { Fault } from '@selvedge/base';

export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A constructed context tag `[n]`; with `primitive` the implicit form that holds bytes, not structures. */
export function contextTag(number: number, form: 'constructed' | 'primitive' = 'constructed'): number {
  return (form === 'constructed' ? 0xa0 : 0x80) | number;
}

export function der(tagByte: number, ...contents: Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tagByte]), derLength(body.length), body]);
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest & 0xff);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export const sequence = (...contents: Uint8Array[]): Buffer => der(tag.sequence, ...contents);
export const set = (...contents: Uint8Array[]): Buffer => der(tag.set, ...contents);
export const octetString = (content: Uint8Array): Buffer => der(tag.octetString, content);
export const bitString = (content: Uint8Array, unusedBits = 0): Buffer =>
  der(tag.bitString, Buffer.from([unusedBits]), content);
export const utf8String = (text: string): Buffer => der(tag.utf8String, Buffer.from(text, 'utf8'));
export const booleanTrue = (): Buffer => der(tag.boolean, Buffer.from([0xff]));

/** A non-negative integer given by its big-endian bytes. */
export function unsignedInteger(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  const padded = (trimmed[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed;
  return der(tag.integer, padded.length === 0 ? Buffer.from([0]) : padded);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const group = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      group.unshift((left & 0x7f) | 0x80);
    }
    bytes.push(...group);
  }
  return der(tag.oid, Buffer.from(bytes));
}

/** UTCTime up to 2049, GeneralizedTime after, as RFC 5280 demands; whole seconds. */
export function time(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  const isShort = new Date(atMs).getUTCFullYear() < 2050;
  return isShort
    ? der(tag.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : der(tag.generalizedTime, Buffer.from(digits, 'latin1'));
}

export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** The element with its tag and length. */
  readonly raw: Buffer;
}

/** Reads one element at the start of `bytes`; what follows it is left to the caller. */
export function readElement(bytes: Buffer): DerElement {
  const tagByte = bytes[0];
  const first = bytes[1];
  if (tagByte === undefined || first === undefined) throw malformed('an element is cut short');
  if ((tagByte & 0x1f) === 0x1f) throw malformed('multi-byte tags do not occur in certificates');
  let headerLength = 2;
  let length = first;
  if (first >= 0x80) {
    const lengthBytes = first & 0x7f;
    if (lengthBytes === 0 || lengthBytes > 3) throw malformed('a length has an impossible size');
    length = 0;
    for (let index = 0; index < lengthBytes; index++) length = length * 256 + (bytes[2 + index] ?? 0);
    headerLength += lengthBytes;
  }
  const end = headerLength + length;
  if (end > bytes.length) throw malformed('an element is longer than what holds it');
  return { tag: tagByte, content: bytes.subarray(headerLength, end), raw: bytes.subarray(0, end) };
}

/** All elements inside a constructed one. */
export function readElements(content: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let rest = content; rest.length > 0; ) {
    const element = readElement(rest);
    elements.push(element);
    rest = rest.subarray(element.raw.length);
  }
  return elements;
}

export function readOid(content: Buffer): string {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER / 128) throw malformed('an object identifier is too large');
    if (byte < 0x80) {
      arcs.push(value);
      value = 0;
    }
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}

function malformed(why: string): Fault {
  return new Fault('pki/malformed-der', `not a DER structure: ${why}`);
}
