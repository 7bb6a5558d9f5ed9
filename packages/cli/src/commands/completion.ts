// `selvedge completion SHELL`: prints the script that teaches a shell the command line.

import { defineCommand } from '../command-line/command.ts';
import { completionScript, type Shell, shells } from '../command-line/completion/completion-script.ts';
import { exitCodes } from '../command-line/exit-codes.ts';
import { UsageFault } from '../command-line/usage-fault.ts';

export const completion = defineCommand({
  summary: 'Print the completion script of a shell',
  positionals: [shells.join('|')],
  options: {},
  examples: [
    'source <(selvedge completion bash)',
    'selvedge completion zsh > ~/.zfunc/_selvedge',
    'selvedge completion fish > ~/.config/fish/completions/selvedge.fish',
  ],
  async run({ positionals, terminal, commands }) {
    const shell = shells.find((name): name is Shell => name === positionals[0]);
    if (!shell) throw new UsageFault(`"${positionals[0]}" is none of ${shells.join(', ')}`);
    terminal.print(await completionScript(shell, commands));
    return exitCodes.done;
  },
});
