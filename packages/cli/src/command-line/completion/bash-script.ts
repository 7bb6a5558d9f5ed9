// Completion for bash.

import type { Branch, CompletedOption } from './branches.ts';

export function bashScript(branches: readonly Branch[]): string {
  const paths = branches.map(({ words }) => `"${words.join(' ')}"`).join('|');
  return `_selvedge() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" next word candidates="" files=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    case "$next" in ${paths}) path="$next" ;; *) break ;; esac
  done
  case "$path" in
${branches.map(branchCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
  [[ -n $files ]] && compopt -o filenames 2>/dev/null && COMPREPLY=($(compgen -f -- "$current"))
}
complete -F _selvedge selvedge
`;
}

function branchCase({ words, candidates, options }: Branch): string {
  const list = [...candidates, ...options].map(({ text }) => text).join(' ');
  const values = options.filter(({ value }) => value.kind !== 'none').map(optionCase);
  const after = values.length > 0 ? ['      case "$previous" in', ...values, '      esac'] : [];
  return [`    "${words.join(' ')}")`, `      candidates="${list}"`, ...after, '      ;;'].join('\n');
}

function optionCase({ text, short, value }: CompletedOption): string {
  const flags = short ? `${text}|${short}` : text;
  const choices = value.kind === 'choices' ? value.choices.join(' ') : '';
  const files = value.kind === 'path' ? ' files=1' : '';
  return `        ${flags}) candidates="${choices}"${files} ;;`;
}
