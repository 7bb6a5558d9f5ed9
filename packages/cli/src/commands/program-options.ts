// Brings the option tables of the programs to the command line: each program says what can be set, here it becomes flags.

import type { OptionSpec, OptionValue } from '../command-line/option-table.ts';

/** A row of a program's table. */
export interface ProgramOption {
  readonly key: string;
  readonly type: string;
  readonly min?: number;
  readonly max?: number;
  readonly doc: string;
}

/** No row has a default here: what is not given is the program's to decide. */
export function programOptions(
  rows: readonly ProgramOption[],
): Readonly<Record<string, OptionSpec & { type: 'string' }>> {
  return Object.fromEntries(rows.map((row) => [row.key, { type: 'string', doc: docOf(row) } as const]));
}

function docOf({ doc, min, max }: ProgramOption): string {
  return min === undefined || max === undefined ? doc : `${doc} (${min}–${max})`;
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
