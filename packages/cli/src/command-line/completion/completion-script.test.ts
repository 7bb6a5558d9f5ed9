import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { commandTree } from '../../command-tree.ts';
import { completionScript } from './completion-script.ts';

const bash = await completionScript('bash', commandTree);
const zsh = await completionScript('zsh', commandTree);
const fish = await completionScript('fish', commandTree);

/** What bash offers after these words. */
function completeInBash(...words: string[]): string[] {
  const lines = [bash, `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`];
  lines.push(`COMP_CWORD=${words.length - 1}`, '_selvedge', `printf "%s\\n" "\${COMPREPLY[@]}"`);
  return output('bash', ['--norc'], lines.join('\n'));
}

/** What zsh would describe, with its own completion functions replaced by ones that print. */
function completeInZsh(...words: string[]): string[] {
  const prints = [
    'compdef() { : }',
    `_describe() { print -l -- "\${(@P)2}" }`,
    `compadd() { shift; print -l -- "$@" }`,
    '_files() { print files }',
    '_message() { print value }',
  ];
  const state = `words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}`;
  const lines = output('zsh', ['-f'], [...prints, zsh, state, '_selvedge'].join('\n'));
  const typed = words.at(-1) ?? '';
  return lines.map((line) => line.split(':')[0] ?? '').filter((word) => word.startsWith(typed));
}

function completeInFish(line: string): string[] {
  return output('fish', ['--no-config'], `${fish}\ncomplete -C '${line}'`).map(
    (row) => row.split('\t')[0] ?? '',
  );
}

function output(shell: string, args: string[], input: string): string[] {
  const result = spawnSync(shell, args, { input, encoding: 'utf8' });
  expect(result.stderr).toBe('');
  return result.stdout.split('\n').filter((line) => line !== '');
}

test('bash completes commands, words below them, options and their choices', () => {
  expect(completeInBash('selvedge', 'st')).toEqual(['status']);
  expect(completeInBash('selvedge', 'token', '')).toEqual(['create', 'list', 'delete']);
  expect(completeInBash('selvedge', 'up', '--hub')).toEqual(['--hub-port']);
  expect(completeInBash('selvedge', 'status', '-o', 'j')).toEqual(['json']);
  expect(completeInBash('selvedge', 'completion', '')).toEqual(
    expect.arrayContaining(['bash', 'zsh', 'fish']),
  );
  expect(completeInBash('selvedge', 'up', '--edges', '')).toEqual([]);
});

test.skipIf(Bun.which('zsh') === null)('zsh completes the same', () => {
  expect(completeInZsh('selvedge', 'st')).toEqual(['status']);
  expect(completeInZsh('selvedge', 'token', '')).toEqual(['create', 'list', 'delete']);
  expect(completeInZsh('selvedge', 'up', '--hub')).toEqual(['--hub-port']);
  expect(completeInZsh('selvedge', 'status', '-o', 'j')).toEqual(['json']);
  expect(completeInZsh('selvedge', 'down', '--data-dir', '')).toEqual(['files']);
});

test.skipIf(Bun.which('fish') === null)('fish completes the same', () => {
  expect(completeInFish('selvedge st')).toEqual(['status']);
  expect(completeInFish('selvedge token ').sort()).toEqual(['create', 'delete', 'list']);
  expect(completeInFish('selvedge up --hub')).toEqual(['--hub-port']);
  expect(completeInFish('selvedge status -o j')).toEqual(['json']);
});

test('every shell gets a script that names every command', () => {
  for (const script of [bash, zsh, fish]) {
    for (const name of Object.keys(commandTree.commands)) expect(script).toContain(name);
  }
});
