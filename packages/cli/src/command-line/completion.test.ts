import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { commandTree } from '../command-tree.ts';
import { completionScript } from './completion.ts';

const script = await completionScript('bash', commandTree);

/** What bash offers after these words. */
function complete(...words: string[]): string[] {
  const lines = [script, `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`];
  lines.push(`COMP_CWORD=${words.length - 1}`, '_selvedge', `printf "%s\\n" "\${COMPREPLY[@]}"`);
  const result = spawnSync('bash', ['--norc'], { input: lines.join('\n'), encoding: 'utf8' });
  return result.stdout.split('\n').filter((line) => line !== '');
}

test('bash completes commands, words below them, options and their choices', () => {
  expect(complete('selvedge', 'st')).toEqual(['status']);
  expect(complete('selvedge', 'token', '')).toEqual(['create', 'list', 'delete']);
  expect(complete('selvedge', 'up', '--hub')).toEqual(['--hub-port']);
  expect(complete('selvedge', 'status', '-o', 'j')).toEqual(['json']);
});

test('every shell gets a script that names every command', async () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const text = await completionScript(shell, commandTree);
    for (const name of Object.keys(commandTree.commands)) expect(text).toContain(name);
  }
});
