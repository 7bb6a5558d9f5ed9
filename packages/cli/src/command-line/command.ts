// What a command is: its words, its options, and what it does with them.

import type { OptionTable, OptionValue, OptionValues } from './option-table.ts';
import type { Environment } from './parse.ts';
import type { Terminal } from './terminal.ts';

export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly workingDirectory: string;
  /** The arguments that start this program again, without a command. */
  readonly program: readonly string[];
  /** Aborted by the first SIGINT or SIGTERM; the second ends the process. */
  readonly signal: AbortSignal;
  /** The whole command line, for completion. */
  readonly commands: CommandGroup;
  /** What stood after the command and is no option. */
  readonly positionals: readonly string[];
}

export interface Command {
  readonly kind: 'command';
  readonly summary: string;
  /** Paragraphs below the summary in `--help`. */
  readonly details?: string;
  /** The words after the command, in order, such as `HOST:PORT`; `[NAME]` may be left out. */
  readonly positionals: readonly string[];
  readonly options: OptionTable;
  readonly examples: readonly string[];
  /** Resolves with the exit code. */
  run(context: CommandContext, values: Readonly<Record<string, OptionValue>>): Promise<number>;
}

export interface CommandDefinition<T extends OptionTable> {
  readonly summary: string;
  readonly details?: string;
  readonly positionals?: readonly string[];
  readonly options: T;
  readonly examples?: readonly string[];
  run(context: CommandContext, values: OptionValues<T>): Promise<number>;
}

/** Ties the type of `run` to the option table. */
export function defineCommand<T extends OptionTable>(definition: CommandDefinition<T>): Command {
  return {
    positionals: [],
    examples: [],
    ...definition,
    kind: 'command',
    run: (context, values) => definition.run(context, values as OptionValues<T>),
  };
}

/** A word of the command line: a command, loaded when it is called, or a group of further words. */
export type CommandEntry =
  | { readonly kind: 'lazy'; readonly summary: string; readonly load: () => Promise<Command> }
  | CommandGroup;

export interface CommandGroup {
  readonly kind: 'group';
  readonly summary: string;
  readonly commands: Readonly<Record<string, CommandEntry>>;
}
