// Label and field selectors as a query gives them: parsed once, then asked of each object's header.
// Source of the fields' grammar: k8s.io/apimachinery/pkg/fields.

import {
  type LabelRequirements,
  matchesLabels,
  parseLabelSelector as readLabelSelector,
} from '@selvedge/kubernetes';
import type { Entry } from '../store/types.ts';
import { refuse } from './status-error.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly value: string;
  readonly equal: boolean;
}

export interface Selector {
  readonly labels: LabelRequirements;
  readonly fields: readonly FieldRequirement[];
}

const maxSelectorLength = 64 * 1024;

export function parseLabelSelector(text: string): LabelRequirements {
  if (text.length > maxSelectorLength) throw refuse.badRequest('the label selector is too long');
  const parsed = readLabelSelector(text);
  if (parsed.kind === 'malformed') throw refuse.badRequest(parsed.message);
  return parsed.requirements;
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
  if (!matchesLabels(selector.labels, entry.header.labels)) return false;
  for (const { field, value, equal } of selector.fields) {
    if ((fieldOf(entry, field) === value) !== equal) return false;
  }
  return true;
}

function fieldOf(entry: Entry, field: string): string {
  const slash = entry.key.indexOf('/');
  if (field === 'metadata.name') return slash === -1 ? entry.key : entry.key.slice(slash + 1);
  if (field === 'metadata.namespace') return slash === -1 ? '' : entry.key.slice(0, slash);
  return entry.header.fields[field] ?? '';
}
