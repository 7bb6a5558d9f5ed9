// The text of `--help`, from the same tables that drive parsing.

import type { Command, CommandGroup } from './command.ts';
import { environmentName, flagName, type OptionSpec, type OptionTable } from './option-table.ts';

export function groupHelp(words: readonly string[], group: CommandGroup): string {
  const rows = Object.entries(group.commands).map(([name, entry]) => [name, entry.summary] as const);
  return [
    `${group.summary}\n`,
    `Usage: ${words.join(' ')} COMMAND [OPTIONS]\n`,
    'Commands:',
    ...columns(rows),
    '',
    `Run ${words.join(' ')} COMMAND --help for what a command takes.`,
    '',
  ].join('\n');
}

export function commandHelp(words: readonly string[], command: Command): string {
  const usage = [...words, ...command.positionals, '[OPTIONS]'].join(' ');
  const rows = [...optionRows(command.options), ['-h, --help', 'print this'] as const];
  const examples =
    command.examples.length > 0 ? ['', 'Examples:', ...command.examples.map((one) => `  ${one}`)] : [];
  return [
    `${command.summary}\n`,
    ...(command.details ? [`${command.details}\n`] : []),
    `Usage: ${usage}\n`,
    'Options:',
    ...columns(rows),
    ...examples,
    '',
    ...environmentNote(command.options),
  ].join('\n');
}

function environmentNote(options: OptionTable): string[] {
  const [first] = Object.keys(options);
  if (first === undefined) return [];
  return [
    `Every option can be given in the environment too: ${flagName(first)} is ${environmentName(first)}.`,
    '',
  ];
}

/** One row per option, also for the pages in docs/. */
export function optionRows(table: OptionTable): (readonly [string, string])[] {
  return Object.entries(table).map(([key, spec]) => [optionLabel(key, spec), optionDoc(spec)] as const);
}

export function optionLabel(key: string, spec: OptionSpec): string {
  const short = spec.short ? `-${spec.short}, ` : '';
  const placeholder = spec.placeholder ?? (spec.type === 'number' ? 'N' : 'VALUE');
  return `${short}${flagName(key)}${spec.type === 'boolean' ? '' : ` ${placeholder}`}`;
}

function optionDoc(spec: OptionSpec): string {
  const notes: string[] = [];
  if (spec.type === 'string' && spec.choices) notes.push(spec.choices.join('|'));
  if (spec.type === 'number' && spec.min !== undefined && spec.max !== undefined)
    notes.push(`${spec.min}–${spec.max}`);
  if (spec.required) notes.push('required');
  const isPlain = spec.default === undefined || spec.default === false || spec.default === '';
  if (!isPlain) notes.push(`default ${String(spec.default)}`);
  return notes.length > 0 ? `${spec.doc} (${notes.join('; ')})` : spec.doc;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
