import { expect, test } from 'bun:test';
import { isFault } from '@selvedge/base';
import fc from 'fast-check';
import type { OptionTable } from './option-table.ts';
import { parseArguments } from './parse.ts';

const table = {
  dataDir: { type: 'string', default: '.selvedge', doc: '' },
  hubPort: { type: 'number', min: 1, max: 65_535, doc: '' },
  detach: { type: 'boolean', short: 'd', doc: '' },
  label: { type: 'list', doc: '' },
  output: { type: 'string', short: 'o', choices: ['text', 'json'], default: 'text', doc: '' },
} as const satisfies OptionTable;

const parse = (argv: string[], environment = {}) => parseArguments(table, argv, environment);

function usageError(argv: string[], environment = {}): string {
  try {
    parse(argv, environment);
  } catch (error) {
    if (isFault(error, 'cli/usage')) return error.message;
    throw error;
  }
  return '';
}

test('flags are read as the table types them', () => {
  const argv = [
    '--data-dir',
    '/d',
    '--hub-port=11000',
    '-d',
    '--label',
    'a,b',
    '--label=c',
    '-o',
    'json',
    'HOST',
  ];
  expect(parse(argv)).toEqual({
    values: { dataDir: '/d', hubPort: 11_000, detach: true, label: ['a', 'b', 'c'], output: 'json' },
    positionals: ['HOST'],
  });
});

test('what is not given takes its default, or is absent', () => {
  expect(parse([]).values).toEqual({
    dataDir: '.selvedge',
    hubPort: undefined,
    detach: false,
    label: [],
    output: 'text',
  });
});

test('the environment stands in for flags, and flags win', () => {
  const environment = { SELVEDGE_HUB_PORT: '12000', SELVEDGE_DETACH: 'true', SELVEDGE_DATA_DIR: '/e' };
  expect(parse(['--data-dir', '/d'], environment).values).toMatchObject({
    hubPort: 12_000,
    detach: true,
    dataDir: '/d',
  });
});

test('a variable that is set to nothing counts as not set', () => {
  expect(parse([], { SELVEDGE_DATA_DIR: '' }).values.dataDir).toBe('.selvedge');
});

test('after -- nothing is a flag', () => {
  expect(parse(['--', '--detach', '-o']).positionals).toEqual(['--detach', '-o']);
});

test('each mistake is named', () => {
  expect(usageError(['--nope'])).toBe('unknown option --nope');
  expect(usageError(['--hub-port'])).toBe('--hub-port needs a value');
  expect(usageError(['--hub-port', 'x'])).toBe('--hub-port is a whole number, not "x"');
  expect(usageError(['--hub-port', '1.5'])).toBe('--hub-port is a whole number, not "1.5"');
  expect(usageError(['--data-dir', ''])).toBe('--data-dir is empty');
  expect(usageError(['--hub-port', '0'])).toBe('--hub-port is between 1 and 65535, not 0');
  expect(usageError(['-o', 'xml'])).toBe('--output is one of text, json, not "xml"');
  expect(usageError(['--detach=yes'])).toBe('--detach is true or false, not "yes"');
  expect(usageError([], { SELVEDGE_HUB_PORT: 'x' })).toBe('SELVEDGE_HUB_PORT is a whole number, not "x"');
});

test('no arguments make the parser fail otherwise than by a usage fault', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('--hub-port', '--', '-o', '--detach', '--label=', '--data-dir='),
  );
  fc.assert(fc.property(fc.array(word), (argv) => void usageError(argv)));
});
