// Shell completion: one script per shell, made from the command tree, so that completing runs no program.

import type { CommandGroup } from '../command.ts';
import { bashScript } from './bash-script.ts';
import { collectBranches } from './branches.ts';
import { fishScript } from './fish-script.ts';
import { zshScript } from './zsh-script.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export type Shell = keyof typeof scripts;
export const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];

export async function completionScript(shell: Shell, root: CommandGroup): Promise<string> {
  return scripts[shell](await collectBranches([], root));
}
