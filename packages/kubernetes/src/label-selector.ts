// Label selectors: as a query's text (`app in (a,b),!legacy`), as an object's LabelSelector, and what they match.
// Source of grammar and words: k8s.io/apimachinery/pkg/labels.

import { isLabelValue, isQualifiedName } from './names.ts';
import type { LabelSelector } from './object.ts';

export type LabelOperator = 'in' | 'notIn' | 'exists' | 'doesNotExist' | 'greaterThan' | 'lessThan';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** All requirements have to hold; none at all match everything. */
export type LabelRequirements = readonly LabelRequirement[];

export type ParsedLabelSelector =
  | { readonly kind: 'parsed'; readonly requirements: LabelRequirements }
  | { readonly kind: 'malformed'; readonly message: string };

type Labels = Readonly<Record<string, string>> | undefined;

export function matchesLabels(requirements: LabelRequirements, labels: Labels): boolean {
  for (const requirement of requirements) if (!meets(requirement, labels)) return false;
  return true;
}

function meets({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  return holds(operator, values, value);
}

function holds(operator: LabelOperator, values: readonly string[], value: string | undefined): boolean {
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notIn':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'doesNotExist':
      return value === undefined;
    case 'greaterThan':
      return isInteger(value) && isInteger(values[0]) && Number(value) > Number(values[0]);
    case 'lessThan':
      return isInteger(value) && isInteger(values[0]) && Number(value) < Number(values[0]);
  }
}

function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^[+-]?\d+$/.test(text);
}

const objectOperators: ReadonlyMap<string, LabelOperator> = new Map([
  ['In', 'in'],
  ['NotIn', 'notIn'],
  ['Exists', 'exists'],
  ['DoesNotExist', 'doesNotExist'],
]);
const nodeOperators: ReadonlyMap<string, LabelOperator> = new Map([
  ...objectOperators,
  ['Gt', 'greaterThan'],
  ['Lt', 'lessThan'],
]);

/** A requirement as node selectors in objects have it: a label selector's operators, and `Gt` and `Lt`. */
export interface NodeRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Whether the value of its key meets the requirement; an operator that is not known is never met. */
export function meetsRequirement(
  { operator, values = [] }: NodeRequirement,
  value: string | undefined,
): boolean {
  const known = nodeOperators.get(operator);
  return known !== undefined && holds(known, values, value);
}

/** A LabelSelector's requirements. Undefined matches nothing and gives undefined; an empty one matches everything. */
export function requirementsOf(selector: LabelSelector | undefined): LabelRequirements | undefined {
  if (selector === undefined || selector === null) return undefined;
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push({ key, operator: 'in', values: [value] });
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = objectOperators.get(operator);
    if (known === undefined) return undefined;
    requirements.push({ key, operator: known, values: values ?? [] });
  }
  return requirements;
}

/** Whether a LabelSelector matches; one that is absent or not understood matches nothing. */
export function selectorMatches(selector: LabelSelector | undefined, labels: Labels): boolean {
  const requirements = requirementsOf(selector);
  return requirements !== undefined && matchesLabels(requirements, labels);
}

/** The text form, keys in order, as scale subresources and queries carry it. */
export function formatLabelSelector(requirements: LabelRequirements): string {
  return [...requirements]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(formatRequirement)
    .join(',');
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  const set = `(${[...values].sort().join(',')})`;
  switch (operator) {
    case 'in':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in ${set}`;
    case 'notIn':
      return values.length === 1 ? `${key}!=${values[0]}` : `${key} notin ${set}`;
    case 'exists':
      return key;
    case 'doesNotExist':
      return `!${key}`;
    case 'greaterThan':
      return `${key}>${values[0]}`;
    case 'lessThan':
      return `${key}<${values[0]}`;
  }
}

const token = /\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)/y;
const endOfText = '';

/** Reads a selector's tokens; `endOfText` after the last. */
class Tokens {
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    token.lastIndex = 0;
    for (let match = token.exec(text); match !== null; match = token.exec(text))
      this.#tokens.push(match[1] ?? '');
  }

  peek(): string {
    return this.#tokens[this.#at] ?? endOfText;
  }

  next(): string {
    const found = this.peek();
    this.#at++;
    return found;
  }
}

class Malformed extends Error {}

const isIdentifier = (text: string): boolean => text !== endOfText && !/^[=!(),<>]/.test(text);

export function parseLabelSelector(text: string): ParsedLabelSelector {
  try {
    return { kind: 'parsed', requirements: parseRequirements(new Tokens(text)) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'malformed', message: error.message };
    throw error;
  }
}

function parseRequirements(tokens: Tokens): LabelRequirement[] {
  const requirements: LabelRequirement[] = [];
  while (tokens.peek() !== endOfText) {
    const first = tokens.peek();
    if (first !== '!' && !isIdentifier(first)) {
      throw new Malformed(`found '${first}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(parseRequirement(tokens));
    const separator = tokens.next();
    if (separator === endOfText) break;
    if (separator !== ',') throw new Malformed(`found '${separator}', expected: ',' or 'end of string'`);
    const following = tokens.peek();
    if (following !== '!' && !isIdentifier(following)) {
      throw new Malformed(`found '${following}', expected: identifier after ','`);
    }
  }
  return requirements;
}

const inRequirement = (message: string) => new Malformed(`unable to parse requirement: ${message}`);
const binaryOperators: Readonly<Record<string, LabelOperator>> = {
  in: 'in',
  notin: 'notIn',
  '=': 'in',
  '==': 'in',
  '!=': 'notIn',
  '>': 'greaterThan',
  '<': 'lessThan',
};

function parseRequirement(tokens: Tokens): LabelRequirement {
  const negated = tokens.peek() === '!';
  if (negated) tokens.next();
  const key = tokens.next();
  if (!isIdentifier(key)) throw inRequirement(`found '${key}', expected: identifier`);
  const wrongKey = isQualifiedName(key);
  if (wrongKey.length > 0)
    throw inRequirement(`<nil>: Invalid value: ${JSON.stringify(key)}: ${wrongKey.join('; ')}`);
  if (negated) return { key, operator: 'doesNotExist', values: [] };
  if (tokens.peek() === endOfText || tokens.peek() === ',') return { key, operator: 'exists', values: [] };
  const word = tokens.next();
  const operator = Object.hasOwn(binaryOperators, word) ? binaryOperators[word] : undefined;
  if (operator === undefined) {
    throw inRequirement(`found '${word}', expected: in, notin, =, ==, !=, gt, lt`);
  }
  const values = word === 'in' || word === 'notin' ? parseValues(tokens) : [parseExactValue(tokens)];
  checkValues(key, operator, values);
  return { key, operator, values };
}

function checkValues(key: string, operator: LabelOperator, values: readonly string[]): void {
  for (const [index, value] of values.entries()) {
    if ((operator === 'greaterThan' || operator === 'lessThan') && !isInteger(value)) {
      throw inRequirement(
        `values[${index}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    const wrong = isLabelValue(value);
    if (wrong.length > 0) {
      throw inRequirement(
        `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${wrong.join('; ')}`,
      );
    }
  }
}

function parseExactValue(tokens: Tokens): string {
  if (tokens.peek() === endOfText || tokens.peek() === ',') return '';
  const value = tokens.next();
  if (!isIdentifier(value)) throw inRequirement(`found '${value}', expected: identifier`);
  return value;
}

/** `(a,b)`; a value between two commas, or before the first or after the last, may be empty. */
function parseValues(tokens: Tokens): string[] {
  const open = tokens.next();
  if (open !== '(') throw inRequirement(`found '${open}' expected: '('`);
  const first = tokens.peek();
  if (first !== ')' && first !== ',' && !isIdentifier(first)) {
    throw inRequirement(`found '${first}', expected: ',', ')' or identifier`);
  }
  const values = new Set<string>();
  for (;;) {
    const value = isIdentifier(tokens.peek()) ? tokens.next() : '';
    values.add(value);
    const separator = tokens.next();
    if (separator === ')') return [...values].sort();
    if (separator === ',') continue;
    const expected = value === '' ? "',', or identifier" : "',' or ')'";
    throw inRequirement(`found '${separator}', expected: ${expected}`);
  }
}
