// Small rules that the validation of every kind is made of; each appends what it finds to a list of field errors.

import { type FieldError, fieldError, GoValue, showValue } from '../field-error.ts';
import { type Check, isPortName, isPortNumber } from '../names.ts';

export type Errors = FieldError[];

export function check<T>(errors: Errors, field: string, value: T, ...checks: Check<T>[]): void {
  for (const one of checks)
    for (const message of one(value)) errors.push(fieldError.invalid(field, value, message));
}

/** `Required value` when it is empty, else the checks. */
export function required(errors: Errors, field: string, value: string | undefined, ...checks: Check[]): void {
  if (value === undefined || value === '') errors.push(fieldError.required(field));
  else check(errors, field, value, ...checks);
}

export function optional<T>(
  errors: Errors,
  field: string,
  value: T | undefined | null,
  ...checks: Check<T>[]
): void {
  if (value !== undefined && value !== null && value !== '') check(errors, field, value, ...checks);
}

export function oneOf(
  errors: Errors,
  field: string,
  value: string | undefined,
  supported: readonly string[],
): void {
  if (!supported.includes(value ?? '')) errors.push(fieldError.notSupported(field, value ?? '', supported));
}

/** As `oneOf`, but an absent value is `Required value`. */
export function requiredOneOf(
  errors: Errors,
  field: string,
  value: string | undefined,
  supported: readonly string[],
): void {
  if (!value) errors.push(fieldError.required(field));
  else oneOf(errors, field, value, supported);
}

export function notNegative(errors: Errors, field: string, value: number | undefined | null): void {
  if (value !== undefined && value !== null && value < 0) {
    errors.push(fieldError.invalid(field, value, 'must be greater than or equal to 0'));
  }
}

export function unchanged(errors: Errors, field: string, value: unknown, before: unknown): void {
  if (!sameValue(value, before)) errors.push(fieldError.invalid(field, shown(value), 'field is immutable'));
}

export function portNumberOrName(errors: Errors, field: string, port: number | string | undefined): void {
  if (typeof port === 'string') check(errors, field, port, isPortName);
  else check(errors, field, port ?? 0, isPortNumber);
}

const fileModeMessage = 'must be a number between 0 and 0777 (octal), both inclusive';

export function fileMode(errors: Errors, field: string, mode: number | undefined): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777))
    errors.push(fieldError.invalid(field, mode, fileModeMessage));
}

/** Equal as JSON, the order of keys aside; absent, null and empty collections are the same, as they are to Kubernetes. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (left === right || (isEmpty(left) && isEmpty(right))) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => sameValue(item, right[index]));
  }
  const a = left as Record<string, unknown>;
  const b = right as Record<string, unknown>;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => sameValue(a[key], b[key]));
}

/** Absent, null or an empty collection. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function shown(value: unknown): unknown {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? goStrings(value) : value;
}

export function goStrings(values: readonly string[]): GoValue {
  return new GoValue(`[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`);
}

/** `core.Taint{Key:"a", TimeAdded:<nil>}`: as Go's `%#v` shows a struct; a GoValue stands for what is no string or number. */
export function goStruct(type: string, fields: Readonly<Record<string, unknown>>): GoValue {
  const shown = Object.entries(fields).map(([name, value]) => `${name}:${showValue(value)}`);
  return new GoValue(`${type}{${shown.join(', ')}}`);
}

export function goIntOrString(value: number | string): GoValue {
  const isText = typeof value === 'string';
  return goStruct('intstr.IntOrString', {
    Type: isText ? 1 : 0,
    IntVal: isText ? 0 : value,
    StrVal: isText ? value : '',
  });
}

export function goStringMap(map: Readonly<Record<string, string>> | undefined): GoValue {
  if (!map) return new GoValue('map[string]string(nil)');
  const entries = Object.keys(map)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(map[key])}`);
  return new GoValue(`map[string]string{${entries.join(', ')}}`);
}
