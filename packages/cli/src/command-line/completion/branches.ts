// What may follow after the words of each command, for the completion scripts of all shells.

import type { Command, CommandEntry } from '../command.ts';
import { flagName, type OptionSpec } from '../option-table.ts';

/** A word that may be typed next. */
export interface Candidate {
  readonly text: string;
  readonly doc: string;
}

export interface CompletedOption extends Candidate {
  /** `-o`, beside `--output`. */
  readonly short: string | undefined;
  readonly value: OptionValues;
}

export type OptionValues =
  | { readonly kind: 'none' }
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'path' }
  | { readonly kind: 'free' };

export interface Branch {
  readonly words: readonly string[];
  /** Commands below a group, or what a command's argument may be. */
  readonly candidates: readonly Candidate[];
  readonly options: readonly CompletedOption[];
}

export async function collectBranches(words: readonly string[], entry: CommandEntry): Promise<Branch[]> {
  if (entry.kind === 'lazy') return [commandBranch(words, await entry.load())];
  const names = Object.entries(entry.commands);
  const below = await Promise.all(names.map(([name, child]) => collectBranches([...words, name], child)));
  const candidates = names.map(([name, child]) => ({ text: name, doc: child.summary }));
  return [{ words, candidates, options: [] }, ...below.flat()];
}

const help: CompletedOption = { text: '--help', doc: 'print help', short: '-h', value: { kind: 'none' } };

function commandBranch(words: readonly string[], command: Command): Branch {
  const options = Object.entries(command.options).map(([key, spec]) => ({
    text: flagName(key),
    doc: spec.doc,
    short: spec.short && `-${spec.short}`,
    value: valuesOf(spec),
  }));
  return { words, candidates: argumentChoices(command), options: [...options, help] };
}

/** `bash|zsh|fish` says what may stand there; `HOST:PORT` and `TOKEN|ID` do not. */
function argumentChoices({ positionals, summary }: Command): Candidate[] {
  const [first = ''] = positionals;
  return /^[a-z]+(\|[a-z]+)+$/.test(first) ? first.split('|').map((text) => ({ text, doc: summary })) : [];
}

const pathPlaceholders = ['DIRECTORY', 'FILE', 'SOCKET'];

function valuesOf(spec: OptionSpec): OptionValues {
  if (spec.type === 'boolean') return { kind: 'none' };
  if (spec.type === 'string' && spec.choices) return { kind: 'choices', choices: spec.choices };
  return { kind: pathPlaceholders.includes(spec.placeholder ?? '') ? 'path' : 'free' };
}
