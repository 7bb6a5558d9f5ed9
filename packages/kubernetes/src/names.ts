// What names, labels, keys and numbers may look like, with the words in which Kubernetes refuses the others.
// Source: k8s.io/apimachinery/pkg/util/validation.

export { isIpAddress } from './ip-address.ts';

/** Checks a value and returns what is wrong with it; an empty list when nothing is. */
export type Check<T = string> = (value: T) => string[];

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const qualifiedPart = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualifiedPart})?`;

function regexMessage(rule: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return examples.length === 0
    ? `${rule} (regex used for validation is '${pattern}')`
    : `${rule} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

export function tooLong(maxLength: number): string {
  return `must be no more than ${maxLength} characters`;
}

export function outOfRange(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

interface PatternRule {
  readonly pattern: string;
  readonly maxLength?: number;
  readonly rule: string;
  readonly examples: readonly string[];
}

function patternCheck({ pattern, maxLength = Number.POSITIVE_INFINITY, rule, examples }: PatternRule): Check {
  const regex = new RegExp(`^${pattern}$`);
  const message = regexMessage(rule, pattern, ...examples);
  return (value) => {
    const errors: string[] = [];
    if (value.length > maxLength) errors.push(tooLong(maxLength));
    // What is far too long is not worth a regular expression's time.
    if (value.length <= 65_536 && !regex.test(value)) errors.push(message);
    return errors;
  };
}

export const isDns1123Label = patternCheck({
  pattern: label,
  maxLength: 63,
  rule: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  examples: ['my-name', '123-abc'],
});

export const isDns1123Subdomain = patternCheck({
  pattern: subdomain,
  maxLength: 253,
  rule: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
});

export const isDns1035Label = patternCheck({
  pattern: '[a-z]([-a-z0-9]*[a-z0-9])?',
  maxLength: 63,
  rule: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  examples: ['my-name', 'abc-123'],
});

export const isLabelValue = patternCheck({
  pattern: labelValue,
  maxLength: 63,
  rule: "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ['MyValue', 'my_value', '12345'],
});

const isQualifiedPart = patternCheck({
  pattern: qualifiedPart,
  maxLength: 63,
  rule: "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ['MyName', 'my.name', '123-abc'],
});

export const isEnvironmentVariableName: Check = (value) => {
  const errors = environmentPattern(value);
  if (value === '.') errors.push("must not be '.'");
  else if (value === '..') errors.push("must not be '..'");
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors;
};
const environmentPattern = patternCheck({
  pattern: '[-._a-zA-Z][-._a-zA-Z0-9]*',
  rule: "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  examples: ['my.env-name', 'MY_ENV.NAME', 'MyEnvName1'],
});

export const isConfigMapKey: Check = (value) => {
  const errors = configKeyPattern(value);
  if (value === '.') errors.push("must not be '.'");
  else if (value === '..') errors.push("must not be '..'");
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors;
};
const configKeyPattern = patternCheck({
  pattern: '[-._a-zA-Z0-9]+',
  maxLength: 253,
  rule: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  examples: ['key.name', 'KEY_NAME', 'key-name'],
});

export const isHttpHeaderName = patternCheck({
  pattern: '[-A-Za-z0-9]+',
  rule: "a valid HTTP header must consist of alphanumeric characters or '-'",
  examples: ['X-Header-Name'],
});

export const isPathSegmentName: Check = (value) => {
  if (value === '.') return [`may not be '.'`];
  if (value === '..') return [`may not be '..'`];
  const errors: string[] = [];
  if (value.includes('/')) errors.push(`may not contain '/'`);
  if (value.includes('%')) errors.push(`may not contain '%'`);
  return errors;
};

/** `prefix/name` or `name`: label keys, annotation keys, finalizers, resource names. */
export const isQualifiedName: Check = (value) => {
  const parts = value.split('/');
  const name = parts.at(-1) ?? '';
  const errors: string[] = [];
  if (parts.length > 2) {
    return [
      `a qualified name ${isQualifiedPart('').at(-1)?.replace(/\)$/, '')}) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') errors.push('prefix part must be non-empty');
    else errors.push(...isDns1123Subdomain(prefix).map((message) => `prefix part ${message}`));
  }
  if (name === '') errors.push('name part must be non-empty');
  const wrong = isQualifiedPart(name);
  errors.push(...wrong.map((message) => `name part ${message}`));
  return errors;
};

export const isPortNumber: Check<number> = (value) =>
  value >= 1 && value <= 65_535 ? [] : [outOfRange(1, 65_535)];

/** An IANA service name: what a container's or a service's port may be called. */
export const isPortName: Check = (value) => {
  const errors: string[] = [];
  if (value.length > 15) errors.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push(`must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`);
  }
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value !== '' && (value.startsWith('-') || value.endsWith('-')))
    errors.push('must not begin or end with a hyphen');
  return errors;
};

const maxId = 2 ** 31 - 1;
export const isUserOrGroupId: Check<number> = (value) =>
  value >= 0 && value <= maxId ? [] : [outOfRange(0, maxId)];

/** The check of `metadata.name` that ends in `-` when it is only the start of a generated one. */
export function withoutTrailingDash(value: string): string {
  return value.length > 1 && value.endsWith('-') ? `${value.slice(0, -2)}a` : value;
}
