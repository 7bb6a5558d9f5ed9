import { expect, test } from 'bun:test';
import { FakeClock, Fault } from '@selvedge/base';
import { type CommandGroup, defineCommand } from './command.ts';
import { runCommandLine } from './run.ts';
import { createTerminal } from './terminal.ts';

const echo = defineCommand({
  summary: 'Print a word',
  positionals: ['WORD', '[MORE]'],
  options: { times: { type: 'number', default: 1, doc: 'how often' } },
  async run({ terminal, positionals }, { times }) {
    terminal.print(String(positionals[0]).repeat(times));
    return 0;
  },
});

const fail = defineCommand({
  summary: 'Fail',
  options: { early: { type: 'boolean', doc: 'fail before starting' } },
  async run(_, { early }) {
    throw new Fault(early ? 'preflight/port' : 'cli/not-ready', 'it did not work', {
      hint: 'try: selvedge status',
    });
  },
});

const root: CommandGroup = {
  kind: 'group',
  summary: 'Things.',
  commands: {
    say: {
      kind: 'group',
      summary: 'Say things.',
      commands: { echo: { kind: 'lazy', summary: 'Print a word', load: async () => echo } },
    },
    fail: { kind: 'lazy', summary: 'Fail', load: async () => fail },
  },
};

async function run(...argv: string[]) {
  let output = '';
  let errors = '';
  const terminal = createTerminal({
    clock: new FakeClock(),
    writeOutput: (text) => {
      output += text;
    },
    writeError: (text) => {
      errors += text;
    },
    isLive: false,
  });
  const code = await runCommandLine(root, argv, {
    terminal,
    environment: {},
    workingDirectory: '/',
    program: ['selvedge'],
    signal: new AbortController().signal,
    commands: root,
  });
  return { code, output, errors };
}

test('words lead to a command, the rest is its', async () => {
  expect(await run('say', 'echo', 'ab', '--times', '2')).toEqual({ code: 0, output: 'abab\n', errors: '' });
});

test('every level has its help', async () => {
  expect((await run()).output).toContain('say   Say things.');
  expect((await run('say', '--help')).output).toContain('Usage: selvedge say COMMAND [OPTIONS]');
  const help = (await run('say', 'echo', '-h')).output;
  expect(help).toContain('Usage: selvedge say echo WORD [MORE] [OPTIONS]');
  expect(help).toContain('--times N   how often (default 1)');
});

test('wrong use ends with 2 and names the help to read', async () => {
  expect(await run('sai')).toMatchObject({ code: 2 });
  const { code, errors } = await run('say', 'echo');
  expect(code).toBe(2);
  expect(errors).toBe('selvedge: WORD is missing\n  See: selvedge say echo --help\n');
  expect((await run('say', 'echo', 'a', 'b', 'c')).errors).toContain('unexpected argument "c"');
});

test('a failure ends with 1, a machine that is not ready with 3, and both say what to do next', async () => {
  expect(await run('fail')).toEqual({
    code: 1,
    output: '',
    errors: 'selvedge: it did not work\n  try: selvedge status\n',
  });
  expect((await run('fail', '--early')).code).toBe(3);
});
