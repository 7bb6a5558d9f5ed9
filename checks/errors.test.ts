// Holds docs/errors.md against the source both ways: every code that is raised has a row, every row is a code that is raised.

import { expect, test } from 'bun:test';
import { codeLiterals, faultCodes } from './fault-codes.ts';
import { isTest, markdownTable, parseSource, sourceFiles } from './source-tree.ts';

const files = sourceFiles().filter((file) => file.path.startsWith('packages/') && !isTest(file.path));
const rows = markdownTable('docs/errors.md', ['code', 'meaning', 'what to do']);
const registered = new Set(rows.map((row) => (row[0] ?? '').replaceAll('`', '')));
const { codes, tested } = faultCodes(files);

test('every code in the source is registered', () => {
  expect(
    [...codes].filter(([code]) => !registered.has(code)).map(([code, place]) => `${code} (${place})`),
  ).toEqual([]);
});

test('every code that is tested for is registered', () => {
  expect(
    [...tested].filter(([code]) => !registered.has(code)).map(([code, place]) => `${code} (${place})`),
  ).toEqual([]);
});

test('every registered code is in the source', () => {
  const written = codeLiterals(files);
  expect([...registered].filter((code) => !written.has(code))).toEqual([]);
});

test('rows are sorted, complete and appear once', () => {
  const names = rows.map((row) => (row[0] ?? '').replaceAll('`', ''));
  expect(names).toEqual([...new Set(names)].sort());
  expect(rows.filter((row) => row.length !== 3 || row.some((cell) => cell === ''))).toEqual([]);
});

test('planted codes are seen', () => {
  const text = `
    class HubFault extends Fault { constructor() { super('hub/one', 'x'); } }
    throw new Fault(big ? 'hub/two' : 'hub/three', 'x');
    if (isFault(error, 'hub/four')) stop();`;
  const found = faultCodes([parseSource('packages/base/src/x.ts', text)]);
  expect([...found.codes.keys()]).toEqual(['hub/one', 'hub/two', 'hub/three']);
  expect([...found.tested.keys()]).toEqual(['hub/four']);
});
