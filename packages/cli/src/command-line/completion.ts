// Shell completion: one script per shell, made from the command tree, so that completing runs no program.

import type { CommandEntry, CommandGroup } from './command.ts';
import { flagName, type OptionSpec } from './option-table.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What may follow after some words of the command line. */
interface Branch {
  readonly words: readonly string[];
  readonly candidates: readonly { readonly text: string; readonly doc: string }[];
  readonly choices: readonly { readonly flag: string; readonly values: readonly string[] }[];
}

export async function completionScript(shell: Shell, root: CommandGroup): Promise<string> {
  const branches = await collectBranches([], root);
  switch (shell) {
    case 'bash':
      return bashScript(branches);
    case 'zsh':
      return `#compdef selvedge\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(branches)}`;
    case 'fish':
      return fishScript(branches);
  }
}

async function collectBranches(words: readonly string[], entry: CommandEntry): Promise<Branch[]> {
  if (entry.kind === 'group') {
    const names = Object.entries(entry.commands);
    const below = await Promise.all(names.map(([name, child]) => collectBranches([...words, name], child)));
    const candidates = names.map(([name, child]) => ({ text: name, doc: child.summary }));
    return [{ words, candidates, choices: [] }, ...below.flat()];
  }
  const { options } = await entry.load();
  const rows = Object.entries(options);
  const candidates = rows.map(([key, spec]) => ({ text: flagName(key), doc: spec.doc }));
  const choices = rows.flatMap(([key, spec]) => choicesOf(key, spec));
  return [{ words, candidates: [...candidates, { text: '--help', doc: 'print help' }], choices }];
}

function choicesOf(key: string, spec: OptionSpec): { flag: string; values: readonly string[] }[] {
  if (spec.type !== 'string' || !spec.choices) return [];
  const flags = spec.short ? [flagName(key), `-${spec.short}`] : [flagName(key)];
  return flags.map((flag) => ({ flag, values: spec.choices ?? [] }));
}

function bashScript(branches: readonly Branch[]): string {
  const cases = branches.map(({ words, candidates, choices }) => {
    const values = choices.map(
      ({ flag, values }) => `      [[ "$previous" == ${flag} ]] && candidates="${values.join(' ')}"`,
    );
    const list = candidates.map(({ text }) => text).join(' ');
    return [`    "${words.join(' ')}")`, `      candidates="${list}"`, ...values, '      ;;'].join('\n');
  });
  const paths = branches.map(({ words }) => `"${words.join(' ')}"`).join('|');
  return `_selvedge() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" next word candidates=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    case "$next" in ${paths}) path="$next" ;; *) break ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
  [[ \${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -F _selvedge selvedge
`;
}

function fishScript(branches: readonly Branch[]): string {
  const lines = branches.flatMap(({ words, candidates, choices }) => {
    const condition = `__selvedge_at '${words.join(' ')}'`;
    return candidates.map(({ text, doc }) => {
      const values = choices.find(({ flag }) => flag === text)?.values;
      const what = text.startsWith('--')
        ? `-l ${text.slice(2)}${values ? ` -x -a '${values.join(' ')}'` : ''}`
        : `-f -a ${text}`;
      return `complete -c selvedge -n "${condition}" ${what} -d '${doc.replaceAll("'", "\\'")}'`;
    });
  });
  return `function __selvedge_at
  set -l path
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and break
    set -a path $word
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}
