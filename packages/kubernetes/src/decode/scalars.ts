// Single values: whether they are what the field's type takes, and the form in which Kubernetes writes them back.

import { canonicalQuantity, parseQuantity, quantityMessage } from '../quantity.ts';
import type { ScalarFormat } from '../schema/schema.ts';
import { jsonKindOf } from './go-type.ts';

/**
 * `taken`: as it will be stored. `wrongType`: Go tells the field's name; `shown` is its name of the value, `goType` that of
 * the type where it is not the field's own. Types that decode themselves end the decoding when they refuse (`isFinal`);
 * `refused`: they do so with a message that stands alone.
 */
export type ScalarResult =
  | { readonly kind: 'taken'; readonly value: unknown }
  | {
      readonly kind: 'wrongType';
      readonly shown: string;
      readonly goType?: string;
      readonly isFinal?: boolean;
    }
  | { readonly kind: 'refused'; readonly message: string; readonly isFinal: boolean };

const wrongType = (value: unknown, shown = jsonKindOf(value)): ScalarResult => ({ kind: 'wrongType', shown });
const refused = (message: string, isFinal = true): ScalarResult => ({ kind: 'refused', message, isFinal });

/** A value that needs no change of any kind: what nearly all are, told without making anything. */
export function isPlain(value: unknown, format: ScalarFormat): boolean {
  switch (format) {
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'int32':
      return Number.isInteger(value) && (value as number) === ((value as number) | 0);
    case 'int64':
      return Number.isSafeInteger(value);
    case 'double':
      return typeof value === 'number';
    case 'quantity':
      return typeof value === 'string' && canonical.test(value);
    case 'intOrString':
      return typeof value === 'string' || isPlain(value, 'int32');
    default:
      return false;
  }
}

/** Quantities below a thousand of their unit are in canonical form already. */
const canonical = /^(0|[1-9]\d{0,2}(m|k|M|G|Ki|Mi|Gi)?)$/;

export function decodeScalar(value: unknown, format: ScalarFormat): ScalarResult {
  if (isPlain(value, format)) return { kind: 'taken', value };
  switch (format) {
    case 'string':
    case 'boolean':
    case 'double':
      return wrongType(value);
    case 'int32':
    case 'int64':
      return decodeInteger(value, format);
    case 'quantity':
      return decodeQuantity(value);
    case 'intOrString':
      return { kind: 'wrongType', shown: numberOrKind(value), goType: 'int32', isFinal: true };
    case 'time':
    case 'microTime':
      return decodeTime(value, format);
    case 'bytes':
      return decodeBytes(value);
  }
}

function numberOrKind(value: unknown): string {
  return typeof value === 'number' ? `number ${value}` : jsonKindOf(value);
}

function decodeInteger(value: unknown, format: 'int32' | 'int64'): ScalarResult {
  const inRange = format === 'int64' && Number.isInteger(value) && Math.abs(value as number) < 2 ** 63;
  return inRange ? { kind: 'taken', value } : wrongType(value, numberOrKind(value));
}

function decodeQuantity(value: unknown): ScalarResult {
  if (typeof value !== 'string' && typeof value !== 'number') return refused(quantityMessage);
  const text = String(value).trim();
  return parseQuantity(text) === undefined
    ? refused(quantityMessage)
    : { kind: 'taken', value: canonicalQuantity(text) };
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/;

function decodeTime(value: unknown, format: 'time' | 'microTime'): ScalarResult {
  if (typeof value !== 'string') {
    return { kind: 'wrongType', shown: jsonKindOf(value), goType: 'string', isFinal: true };
  }
  const parts = rfc3339.exec(value);
  const [, seconds = '', fraction = '', zone = ''] = parts ?? [];
  const atMs = parts === null ? Number.NaN : Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(atMs) || (format === 'microTime' && fraction.length !== 6)) {
    return refused(describeTimeError(value, format));
  }
  const utc = zone === 'Z' ? seconds : new Date(atMs).toISOString().slice(0, 19);
  return { kind: 'taken', value: format === 'time' ? `${utc}Z` : `${utc}.${fraction}Z` };
}

/** Each part of Go's layout, with what it takes. */
const layoutParts: readonly (readonly [string, RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d{2}/],
  ['-', /^-/],
  ['02', /^\d{2}/],
  ['T', /^T/],
  ['15', /^\d{2}/],
  [':', /^:/],
  ['04', /^\d{2}/],
  [':', /^:/],
  ['05', /^\d{2}/],
];

/** Go tells the part of its layout that did not fit, and what stood there. */
function describeTimeError(text: string, format: 'time' | 'microTime'): string {
  const fraction = format === 'time' ? '' : '.000000';
  const layout = `2006-01-02T15:04:05${fraction}Z07:00`;
  const failed = `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}`;
  const micro: readonly (readonly [string, RegExp])[] =
    format === 'time' ? [['', /^([.,]\d+)?/]] : [['.000000', /^[.,]\d{6}/]];
  let rest = text;
  for (const [part, pattern] of [...layoutParts, ...micro, ['Z07:00', /^(Z|[+-]\d{2}:\d{2})/] as const]) {
    const match = pattern.exec(rest);
    if (match === null) return `${failed}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part)}`;
    rest = rest.slice(match[0].length);
  }
  if (rest !== '') return `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`;
  return `parsing time ${JSON.stringify(text)}: ${outOfRangePart(text)} out of range`;
}

function outOfRangePart(text: string): string {
  const at = (start: number): number => Number(text.slice(start, start + 2));
  if (at(5) < 1 || at(5) > 12) return 'month';
  if (at(11) > 23) return 'hour';
  if (at(14) > 59) return 'minute';
  return at(17) > 59 ? 'second' : 'day';
}

/** Go also takes a list of numbers for bytes. */
function decodeByteList(list: readonly unknown[]): ScalarResult {
  let binary = '';
  for (const item of list) {
    const isByte = Number.isInteger(item) && (item as number) >= 0 && (item as number) <= 255;
    if (!isByte) return { kind: 'wrongType', shown: numberOrKind(item), goType: 'uint8' };
    binary += String.fromCharCode(item as number);
  }
  return { kind: 'taken', value: btoa(binary) };
}

function decodeBytes(value: unknown): ScalarResult {
  if (Array.isArray(value)) return decodeByteList(value);
  if (typeof value !== 'string') return wrongType(value);
  const text = /[\r\n]/.test(value) ? value.replace(/[\r\n]/g, '') : value;
  const wrongAt = text.search(/[^A-Za-z0-9+/]/);
  const padding = wrongAt < 0 ? '' : text.slice(wrongAt);
  if (text.length % 4 === 0 && /^={0,2}$/.test(padding)) return { kind: 'taken', value: text };
  // Go counts from where it stopped: the first character that does not belong, or the start of a cut group.
  const at = wrongAt >= 0 && !/^={1,2}$/.test(padding) ? wrongAt : text.length - (text.length % 4);
  return refused(`illegal base64 data at input byte ${at}`, false);
}
