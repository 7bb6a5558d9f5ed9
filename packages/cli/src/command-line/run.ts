// Finds the command that the words name, parses its options, runs it, and turns what goes wrong into words and an exit code.

import { describeError, isFault } from '@selvedge/base';
import type { Command, CommandContext, CommandGroup } from './command.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { commandHelp, groupHelp } from './help.ts';
import { nearestWord } from './nearest-word.ts';
import { parseArguments } from './parse.ts';
import { UsageFault } from './usage-fault.ts';

const programName = 'selvedge';

export type ContextBase = Omit<CommandContext, 'positionals'>;

export async function runCommandLine(
  root: CommandGroup,
  argv: readonly string[],
  context: ContextBase,
): Promise<number> {
  let words: readonly string[] = [programName];
  try {
    const found = await findCommand(root, argv[0] === '--version' ? ['version', ...argv.slice(1)] : argv);
    words = [programName, ...found.words];
    if (found.kind === 'help') {
      context.terminal.print(groupHelp(words, found.group));
      return exitCodes.done;
    }
    if (asksForHelp(found.rest)) {
      context.terminal.print(commandHelp(words, found.command));
      return exitCodes.done;
    }
    return await runCommand(found.command, found.rest, context);
  } catch (error) {
    context.terminal.note(`${programName}: ${describeError(error)}`);
    const hint = isFault(error) ? error.hint : undefined;
    if (hint) context.terminal.note(`  ${hint}`);
    if (isFault(error, 'cli/usage')) context.terminal.note(`  See: ${words.join(' ')} --help`);
    return exitCodeOf(error);
  }
}

async function runCommand(command: Command, argv: readonly string[], context: ContextBase): Promise<number> {
  const { values, positionals } = parseArguments(command.options, argv, context.environment);
  const required = command.positionals.filter((name) => !name.startsWith('['));
  const missing = required[positionals.length];
  if (missing !== undefined) throw new UsageFault(`${missing} is missing`);
  const surplus = positionals[command.positionals.length];
  if (surplus !== undefined) throw new UsageFault(`unexpected argument "${surplus}"`);
  return command.run({ ...context, positionals }, values);
}

type Found =
  | { readonly kind: 'help'; readonly words: readonly string[]; readonly group: CommandGroup }
  | {
      readonly kind: 'command';
      readonly words: readonly string[];
      readonly command: Command;
      readonly rest: readonly string[];
    };

async function findCommand(root: CommandGroup, argv: readonly string[]): Promise<Found> {
  let group = root;
  const words: string[] = [];
  for (const word of argv) {
    if (word === '--help' || word === '-h' || word === 'help') return { kind: 'help', words, group };
    const entry = group.commands[word];
    if (!entry) throw unknownCommand(group, word);
    words.push(word);
    if (entry.kind === 'lazy') {
      return { kind: 'command', words, command: await entry.load(), rest: argv.slice(words.length) };
    }
    group = entry;
  }
  return { kind: 'help', words, group };
}

function unknownCommand(group: CommandGroup, word: string): UsageFault {
  const names = Object.keys(group.commands);
  const near = nearestWord(word, names);
  return new UsageFault(
    `there is no command "${word}"`,
    near ? `did you mean ${near}?` : `commands: ${names.join(', ')}`,
  );
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? undefined : end).some((word) => word === '--help' || word === '-h');
}
