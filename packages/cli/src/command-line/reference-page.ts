// docs/command-line.md, made from the same tables that drive parsing and `--help`.

import type { Command, CommandEntry, CommandGroup } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { optionRows } from './help.ts';
import { environmentName } from './option-table.ts';

const exitCodeMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'Done.',
  failed: 'It failed; the message says why and what to do.',
  usage: 'The command line can not be understood.',
  preflight:
    'The machine is not as it has to be: a port is taken, a directory can not be used, a package is missing, the disk is full. Nothing was changed.',
  interrupted: 'A second signal ended the command at once, or a signal came before it was done.',
};

export async function referencePage(root: CommandGroup): Promise<string> {
  const sections = await Promise.all(
    Object.entries(root.commands).map(([name, entry]) => section([name], entry)),
  );
  return `${[introduction(), ...sections.flat()].join('\n\n')}\n`;
}

function introduction(): string {
  const codes = Object.entries(exitCodes).map(
    ([name, code]) => `| ${code} | ${exitCodeMeanings[name as keyof typeof exitCodes]} |`,
  );
  return [
    '# The command line',
    '<!-- Made by `npm run generate` from the option tables; do not edit. -->',
    '`selvedge COMMAND [OPTIONS]`. `--help` after every command, `--version` alone. Answers go to standard output, everything else to standard error. Every option can be given in the environment too; the command line wins. Where something is listed, `-o json` prints it for programs.',
    ['| exit code | meaning |', '|---|---|', ...codes].join('\n'),
  ].join('\n\n');
}

async function section(words: readonly string[], entry: CommandEntry): Promise<string[]> {
  if (entry.kind === 'lazy') return [commandSection(words, await entry.load())];
  const below = await Promise.all(
    Object.entries(entry.commands).map(([name, child]) => section([...words, name], child)),
  );
  return below.flat();
}

function commandSection(words: readonly string[], command: Command): string {
  const usage = ['selvedge', ...words, ...command.positionals];
  const rows = optionRows(command.options).map(
    ([label, doc], index) =>
      `| \`${label.replaceAll('|', '\\|')}\` | ${doc.replaceAll('|', '\\|')} | \`${environmentName(Object.keys(command.options)[index] ?? '')}\` |`,
  );
  return [
    `## selvedge ${words.join(' ')}`,
    `${command.summary}.${command.details ? ` ${command.details.replaceAll('\n', ' ')}` : ''}`,
    `    ${[...usage, ...(rows.length > 0 ? ['[OPTIONS]'] : [])].join(' ')}`,
    ...(rows.length > 0 ? [['| option | meaning | environment |', '|---|---|---|', ...rows].join('\n')] : []),
    ...(command.examples.length > 0
      ? [`Examples:\n\n${command.examples.map((one) => `    ${one}`).join('\n')}`]
      : []),
  ].join('\n\n');
}
