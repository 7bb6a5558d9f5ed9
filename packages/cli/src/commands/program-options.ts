// Brings the option tables of the programs to the command line: each program says what can be set, here it becomes flags.

import type { OptionSpec, OptionValue } from '../command-line/option-table.ts';

/** A row of a program's table. */
export interface ProgramOption {
  readonly key: string;
  readonly type: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  readonly doc: string;
}

/** Defaults are told, not applied: what is not given is the program's to decide. */
export function programOptions(
  rows: readonly ProgramOption[],
  defaults: Readonly<Record<string, unknown>>,
): Readonly<Record<string, OptionSpec & { type: 'string' }>> {
  const spec = (row: ProgramOption) => {
    const placeholder = placeholders[row.type] ?? 'VALUE';
    return { type: 'string', placeholder, doc: docOf(row, defaults[row.key]) } as const;
  };
  return Object.fromEntries(rows.map((row) => [row.key, spec(row)]));
}

const placeholders: Readonly<Record<string, string>> = {
  integer: 'N',
  list: 'VALUE,…',
  map: 'KEY=VALUE,…',
};

function docOf({ doc, min, max, choices }: ProgramOption, value: unknown): string {
  const notes: string[] = [];
  if (choices) notes.push(choices.join('|'));
  if (min !== undefined && max !== undefined) notes.push(`${min}–${max}`);
  if ((typeof value === 'string' && value !== '') || typeof value === 'number')
    notes.push(`default ${value}`);
  return notes.length > 0 ? `${doc} (${notes.join('; ')})` : doc;
}

/** The values that were given, read from their texts by the program's own parser. */
export function givenOptions<Row extends ProgramOption>(
  rows: readonly Row[],
  values: Readonly<Record<string, OptionValue>>,
  parse: (row: Row, text: string) => unknown,
): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const row of rows) {
    const text = values[row.key];
    if (typeof text === 'string') given[row.key] = parse(row, text);
  }
  return given;
}
