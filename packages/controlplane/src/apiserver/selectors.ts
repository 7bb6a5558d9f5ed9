// Label and field selectors as a query gives them: parsed once, then asked of each object's header.
// Source of the grammar: k8s.io/apimachinery/pkg/labels and pkg/fields.

import type { Entry } from '../store/types.ts';
import { refuse } from './status-error.ts';

type Labels = Readonly<Record<string, string>>;

export type LabelRequirement =
  | { readonly key: string; readonly operator: 'in' | 'notin'; readonly values: ReadonlySet<string> }
  | { readonly key: string; readonly operator: 'exists' | '!' }
  | { readonly key: string; readonly operator: 'gt' | 'lt'; readonly bound: number };

export interface FieldRequirement {
  readonly field: string;
  readonly value: string;
  readonly equal: boolean;
}

export interface Selector {
  readonly labels: readonly LabelRequirement[];
  readonly fields: readonly FieldRequirement[];
}

const maxSelectorLength = 64 * 1024;
const token = /\s*(?:([!=]=?|[(),<>])|([^\s!=(),<>]+))\s*/y;

export function parseLabelSelector(text: string): LabelRequirement[] {
  if (text.length > maxSelectorLength) throw refuse.badRequest('the label selector is too long');
  const tokens = tokenize(text);
  const requirements: LabelRequirement[] = [];
  let at = 0;
  const next = () => tokens[at++];
  while (at < tokens.length) {
    requirements.push(parseRequirement(tokens[at] === '!' ? 'not' : 'has', next, () => tokens[at], text));
    if (at < tokens.length && next() !== ',')
      throw unparsable(text, `found '${tokens[at - 1]}', expected: ',' or 'end of string'`);
  }
  return requirements;
}

function parseRequirement(
  form: 'not' | 'has',
  next: () => string | undefined,
  peek: () => string | undefined,
  text: string,
): LabelRequirement {
  if (form === 'not') next();
  const key = next();
  if (key === undefined || /^[!=(),<>]/.test(key)) {
    throw unparsable(text, `found '${key ?? ''}', expected: identifier`);
  }
  if (form === 'not') return { key, operator: '!' };
  const operator = peek();
  if (operator === undefined || operator === ',') return { key, operator: 'exists' };
  next();
  switch (operator) {
    case '=':
    case '==':
      return { key, operator: 'in', values: new Set([oneValue(next, peek)]) };
    case '!=':
      return { key, operator: 'notin', values: new Set([oneValue(next, peek)]) };
    case 'in':
    case 'notin':
      return { key, operator, values: valueSet(next, text) };
    case '<':
    case '>':
      return { key, operator: operator === '<' ? 'lt' : 'gt', bound: Number(oneValue(next, peek)) };
    default:
      throw unparsable(text, `found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function oneValue(next: () => string | undefined, peek: () => string | undefined): string {
  const value = peek();
  return value === undefined || value === ',' ? '' : (next() ?? '');
}

function valueSet(next: () => string | undefined, text: string): Set<string> {
  const values = new Set<string>();
  if (next() !== '(') throw unparsable(text, "expected: '('");
  for (let value = next(); value !== ')'; value = next()) {
    if (value === undefined) throw unparsable(text, "expected: ',' or ')'");
    if (value !== ',') values.add(value);
  }
  return values;
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (!match) break;
    tokens.push(match[1] ?? match[2] ?? '');
  }
  return tokens;
}

function unparsable(text: string, why: string): Error {
  return refuse.badRequest(`unable to parse requirement: ${why}`.replace('%s', text));
}

/** `a=b,c!=d`; a backslash takes the next character as it is. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  if (text.length > maxSelectorLength) throw refuse.badRequest('the field selector is too long');
  const requirements: FieldRequirement[] = [];
  for (const part of splitUnescaped(text)) {
    if (part === '') continue;
    const match = /^([\s\S]*?)(==|!=|=)([\s\S]*)$/.exec(part);
    if (!match) throw refuse.badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    requirements.push({
      field: match[1] ?? '',
      value: unescapeValue(match[3] ?? ''),
      equal: match[2] !== '!=',
    });
  }
  return requirements;
}

function unescapeValue(text: string): string {
  return text.replace(/\\([\s\S]?)|=/g, (found, escaped: string | undefined) => {
    if (escaped === undefined) {
      throw refuse.badRequest(`invalid field selector: unescaped character in value: ${found.charCodeAt(0)}`);
    }
    if (escaped !== '' && '\\,='.includes(escaped)) return escaped;
    throw refuse.badRequest(`invalid field selector: invalid escape sequence: ${found}`);
  });
}

function splitUnescaped(text: string): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '\\' && at + 1 < text.length) parts.push(`${parts.pop()}\\${text[++at]}`);
    else if (character === ',') parts.push('');
    else parts.push(`${parts.pop()}${character}`);
  }
  return parts;
}

export function matches(selector: Selector, entry: Entry): boolean {
  for (const requirement of selector.labels)
    if (!labelMatches(requirement, entry.header.labels)) return false;
  for (const { field, value, equal } of selector.fields) {
    if ((fieldOf(entry, field) === value) !== equal) return false;
  }
  return true;
}

function labelMatches(requirement: LabelRequirement, labels: Labels): boolean {
  const value = labels[requirement.key];
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'in':
      return value !== undefined && requirement.values.has(value);
    case 'notin':
      return value === undefined || !requirement.values.has(value);
    case 'gt':
      return value !== undefined && Number(value) > requirement.bound;
    case 'lt':
      return value !== undefined && Number(value) < requirement.bound;
  }
}

function fieldOf(entry: Entry, field: string): string {
  const slash = entry.key.indexOf('/');
  if (field === 'metadata.name') return slash === -1 ? entry.key : entry.key.slice(slash + 1);
  if (field === 'metadata.namespace') return slash === -1 ? '' : entry.key.slice(0, slash);
  return entry.header.fields[field] ?? '';
}
