// Completion for fish.

import type { Branch, CompletedOption } from './branches.ts';

export function fishScript(branches: readonly Branch[]): string {
  return `function __selvedge_at
  set -l path
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and break
    set -a path $word
  end
  test "$path" = "$argv[1]"
end
complete -c selvedge -f
${branches.flatMap(branchLines).join('\n')}
`;
}

function branchLines({ words, candidates, options }: Branch): string[] {
  const start = `complete -c selvedge -n "__selvedge_at '${words.join(' ')}'"`;
  return [
    ...candidates.map(({ text, doc }) => `${start} -a ${text} -d ${quoted(doc)}`),
    ...options.map((option) => `${start} ${optionWords(option)} -d ${quoted(option.doc)}`),
  ];
}

function optionWords({ text, short, value }: CompletedOption): string {
  const names = [`-l ${text.slice(2)}`, ...(short ? [`-s ${short.slice(1)}`] : [])].join(' ');
  switch (value.kind) {
    case 'none':
      return names;
    case 'choices':
      return `${names} -x -a ${quoted(value.choices.join(' '))}`;
    case 'path':
      return `${names} -r -F`;
    case 'free':
      return `${names} -x`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
