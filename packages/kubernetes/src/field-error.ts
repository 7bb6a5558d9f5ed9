// Errors of single fields, with the words Kubernetes uses for them, and the message that lists them.
// Source: k8s.io/apimachinery/pkg/util/validation/field.

export type FieldErrorKind =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

/** One cause of a 422 answer: what `details.causes` holds, in the order `reason`, `message`, `field`. */
export interface FieldError {
  readonly kind: FieldErrorKind;
  /** As in `spec.containers[0].image`; `[]` where there is none. */
  readonly field: string;
  /** Without the field: `Required value: name or generateName is required`. */
  readonly message: string;
}

const labels: Record<FieldErrorKind, string> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueNotFound: 'Not found',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
};

/** A value that is shown as written, for what Go prints with its type (`core.Toleration{…}`). */
export class GoValue {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function withDetail(label: string, detail: string): string {
  return detail === '' ? label : `${label}: ${detail}`;
}

function withValue(kind: FieldErrorKind, field: string, value: unknown, detail: string): FieldError {
  return { kind, field, message: withDetail(`${labels[kind]}: ${showValue(value)}`, detail) };
}

export const fieldError = {
  required: (field: string, detail = ''): FieldError => ({
    kind: 'FieldValueRequired',
    field,
    message: withDetail(labels.FieldValueRequired, detail),
  }),
  invalid: (field: string, value: unknown, detail: string) =>
    withValue('FieldValueInvalid', field, value, detail),
  typeInvalid: (field: string, value: unknown, detail: string) =>
    withValue('FieldValueTypeInvalid', field, value, detail),
  notSupported: (field: string, value: unknown, supported: readonly string[]) =>
    withValue(
      'FieldValueNotSupported',
      field,
      value,
      supported.length === 0
        ? ''
        : `supported values: ${[...supported].map((one) => JSON.stringify(one)).join(', ')}`,
    ),
  duplicate: (field: string, value: unknown) => withValue('FieldValueDuplicate', field, value, ''),
  notFound: (field: string, value: unknown) => withValue('FieldValueNotFound', field, value, ''),
  forbidden: (field: string, detail: string): FieldError => ({
    kind: 'FieldValueForbidden',
    field,
    message: withDetail(labels.FieldValueForbidden, detail),
  }),
  tooLong: (field: string, maxLength: number): FieldError => ({
    kind: 'FieldValueTooLong',
    field,
    message: `${labels.FieldValueTooLong}: must have at most ${maxLength} bytes`,
  }),
  tooMany: (field: string, actual: number, maxCount: number): FieldError => ({
    kind: 'FieldValueTooMany',
    field,
    message: `${labels.FieldValueTooMany}: ${actual}: must have at most ${maxCount} items`,
  }),
  internal: (field: string, detail: string): FieldError => ({
    kind: 'InternalError',
    field,
    message: withDetail(labels.InternalError, detail),
  }),
} as const;

/** `Pod "x" is invalid: a`, or `…: [a, b]` of several, each with its field; equal ones are told once. */
export function invalidMessage(kind: string, name: string, errors: readonly FieldError[]): string {
  const lines = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))];
  const list = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  return `${kind} ${JSON.stringify(name)} is invalid: ${list}`;
}

/** A value as Go prints it in an error: strings quoted, objects as JSON, nothing at all as `null`. */
export function showValue(value: unknown): string {
  if (value instanceof GoValue) return value.text;
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === undefined || value === null) return '"null"';
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}
