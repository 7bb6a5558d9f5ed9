// Options of a command as a table: one row per option drives parsing, `--help`, completion and the environment's names.

interface OptionBase {
  readonly doc: string;
  /** What stands for the value in `--help`. */
  readonly placeholder?: string;
  /** One letter for `-x`. */
  readonly short?: string;
  /** A command can not run without it. */
  readonly required?: true;
}

export type OptionSpec =
  | (OptionBase & {
      readonly type: 'string';
      readonly default?: string;
      readonly choices?: readonly string[];
    })
  | (OptionBase & {
      readonly type: 'number';
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
    })
  | (OptionBase & { readonly type: 'boolean'; readonly default?: boolean })
  | (OptionBase & { readonly type: 'list'; readonly default?: readonly string[] });

/** Rows by the name the program knows them by; `hubPort` is `--hub-port` and SELVEDGE_HUB_PORT. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

type RawValue<S extends OptionSpec> = S['type'] extends 'string'
  ? string
  : S['type'] extends 'number'
    ? number
    : S['type'] extends 'boolean'
      ? boolean
      : readonly string[];

type IsGiven<S extends OptionSpec> = S extends { readonly default: unknown } | { readonly required: true }
  ? true
  : S['type'] extends 'boolean' | 'list'
    ? true
    : false;

export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: IsGiven<T[K]> extends true ? RawValue<T[K]> : RawValue<T[K]> | undefined;
};

export type OptionValue = string | number | boolean | readonly string[] | undefined;

export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function environmentName(key: string): string {
  return `SELVEDGE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Listed by every command that prints a list or an answer for programs. */
export const outputOption = {
  type: 'string',
  short: 'o',
  placeholder: 'FORMAT',
  choices: ['text', 'json'],
  default: 'text',
  doc: 'how to print the answer',
} as const satisfies OptionSpec;
