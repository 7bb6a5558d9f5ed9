// Turns arguments and environment into typed values by an option table; whatever the table does not know is an error.

import { nearestWord } from './nearest-word.ts';
import {
  environmentName,
  flagName,
  type OptionSpec,
  type OptionTable,
  type OptionValue,
  type OptionValues,
} from './option-table.ts';
import { UsageFault } from './usage-fault.ts';

export interface ParsedArguments<T extends OptionTable> {
  readonly values: OptionValues<T>;
  readonly positionals: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Flags win over the environment, the environment over defaults. `--` ends the flags. */
export function parseArguments<T extends OptionTable>(
  table: T,
  argv: readonly string[],
  environment: Environment = {},
): ParsedArguments<T> {
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  const pending = [...argv];
  for (let word = pending.shift(); word !== undefined; word = pending.shift()) {
    if (word === '--') {
      positionals.push(...pending.splice(0));
    } else if (word.startsWith('-') && word !== '-') {
      const { key, text } = readFlag(table, word, pending);
      given.set(key, [...(given.get(key) ?? []), text]);
    } else {
      positionals.push(word);
    }
  }
  return { values: collect(table, given, environment), positionals };
}

function readFlag(table: OptionTable, word: string, pending: string[]): { key: string; text: string } {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.slice(0, equals);
  const key = findKey(table, name);
  const spec = key === undefined ? undefined : table[key];
  if (key === undefined || spec === undefined) throw unknownFlag(table, name);
  if (equals >= 0) return { key, text: word.slice(equals + 1) };
  if (spec.type === 'boolean') return { key, text: 'true' };
  const text = pending.shift();
  if (text === undefined) throw new UsageFault(`${name} needs a value`);
  return { key, text };
}

function findKey(table: OptionTable, name: string): string | undefined {
  return Object.keys(table).find((key) => flagName(key) === name || `-${table[key]?.short ?? ''}` === name);
}

function unknownFlag(table: OptionTable, name: string): UsageFault {
  const flags = Object.keys(table).map(flagName);
  const near = nearestWord(name, flags);
  return new UsageFault(`unknown option ${name}`, near && `did you mean ${near}?`);
}

function collect<T extends OptionTable>(
  table: T,
  given: ReadonlyMap<string, string[]>,
  environment: Environment,
): OptionValues<T> {
  const values: Record<string, OptionValue> = {};
  for (const [key, spec] of Object.entries(table)) {
    const fromEnvironment = environment[environmentName(key)] || undefined; // set to nothing counts as not set
    const texts = given.get(key) ?? (fromEnvironment === undefined ? undefined : [fromEnvironment]);
    const source = given.has(key) ? flagName(key) : environmentName(key);
    values[key] = texts === undefined ? absent(key, spec) : convert(source, spec, texts);
  }
  return values as OptionValues<T>;
}

function absent(key: string, spec: OptionSpec): OptionValue {
  if (spec.required) throw new UsageFault(`${flagName(key)} is required`);
  if (spec.default !== undefined) return spec.default;
  if (spec.type === 'boolean') return false;
  return spec.type === 'list' ? [] : undefined;
}

function convert(source: string, spec: OptionSpec, texts: readonly string[]): OptionValue {
  const text = texts.at(-1) ?? '';
  if (text === '') throw new UsageFault(`${source} is empty`);
  switch (spec.type) {
    case 'list':
      return texts.flatMap((one) => one.split(',')).filter((one) => one !== '');
    case 'boolean':
      if (text !== 'true' && text !== 'false')
        throw new UsageFault(`${source} is true or false, not "${text}"`);
      return text === 'true';
    case 'number':
      return toNumber(source, spec, text);
    case 'string':
      if (spec.choices && !spec.choices.includes(text)) {
        throw new UsageFault(`${source} is one of ${spec.choices.join(', ')}, not "${text}"`);
      }
      return text;
  }
}

function toNumber(source: string, spec: OptionSpec & { type: 'number' }, text: string): number {
  const value = Number(text);
  if (!/^-?\d{1,15}$/.test(text)) throw new UsageFault(`${source} is a whole number, not "${text}"`);
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = spec;
  if (value < min || value > max) throw new UsageFault(`${source} is between ${min} and ${max}, not ${text}`);
  return value;
}
