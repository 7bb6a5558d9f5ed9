// Completion for zsh: to be sourced, or to lie as `_selvedge` in a folder of fpath.

import type { Branch, Candidate, CompletedOption } from './branches.ts';

export function zshScript(branches: readonly Branch[]): string {
  const paths = branches.map(({ words }) => quoted(words.join(' '))).join('|');
  return `#compdef selvedge
_selvedge() {
  local at="" next word previous="\${words[CURRENT-1]}"
  local -a candidates
  for word in "\${(@)words[2,CURRENT-1]}"; do
    next="\${at:+$at }$word"
    case "$next" in (${paths}) at="$next" ;; (*) break ;; esac
  done
  case "$at" in
${branches.map(branchCase).join('\n')}
  esac
  _describe selvedge candidates
}
if [[ "\${funcstack[1]}" == _selvedge ]]; then _selvedge "$@"; else compdef _selvedge selvedge; fi
`;
}

function branchCase({ words, candidates, options }: Branch): string {
  const list = [...candidates, ...options].map(described).join(' ');
  const values = options.filter(({ value }) => value.kind !== 'none').map(optionCase);
  const before = values.length > 0 ? ['      case "$previous" in', ...values, '      esac'] : [];
  return [`    (${quoted(words.join(' '))})`, ...before, `      candidates=(${list})`, '      ;;'].join('\n');
}

/** `_describe` takes word and explanation apart at a colon. */
function described({ text, doc }: Candidate): string {
  return quoted(`${text.replaceAll(':', '\\:')}:${doc}`);
}

function optionCase({ text, short, value }: CompletedOption): string {
  const flags = short ? `${text}|${short}` : text;
  return `        (${flags}) ${offer(value)}; return ;;`;
}

function offer(value: CompletedOption['value']): string {
  if (value.kind === 'choices') return `compadd -- ${value.choices.join(' ')}`;
  return value.kind === 'path' ? '_files' : '_message value';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
