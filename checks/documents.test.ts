// Holds README.md, ARCHITECTURE.md and docs/ to the files that they speak of, and plants what is wrong to prove that it sees.

import { expect, test } from 'bun:test';
import { commandTree } from '@selvedge/cli';
import { deadReferences, mapDifferences, pathsOf, readCodeMap } from './documents.ts';
import { listFiles, readText } from './source-tree.ts';

const files = listFiles();
const paths = pathsOf(files);
const documents = files.filter((path) => /^([A-Z]+\.md|docs\/.*\.md)$/.test(path));
const architecture = readText('ARCHITECTURE.md');

test('every link and every path that a document names is there', () => {
  expect(documents.flatMap((path) => deadReferences(path, readText(path), paths))).toEqual([]);
});

test('the code map has every package, and every folder of it', () => {
  const map = readCodeMap(architecture);
  const packages = [...paths].filter((path) => /^packages\/[a-z]+$/.test(path));
  expect([...map.packages.keys()].map((name) => `packages/${name}`).sort()).toEqual(packages.sort());
  expect(mapDifferences(map, paths)).toEqual([]);
});

test('the map stays a map', () => {
  expect(architecture.split('\n').length).toBeLessThan(300);
});

test('commands that documents show exist', () => {
  const shown = documents.flatMap((path) =>
    [...readText(path).matchAll(/(?:bin\/|`| {4})selvedge ([a-z]+)/g)].map(([, word = '']) => word),
  );
  expect([...new Set(shown)].filter((word) => !(word in commandTree.commands))).toEqual([]);
});

test('planted mistakes are seen', () => {
  const known = pathsOf(['docs/a.md', 'packages/wire/src/codec.ts', 'packages/wire/src/new/x.ts']);
  const text = 'See [b](b.md), [codec](../packages/wire/src/codec.ts) and `packages/wire/src/gone.ts`.';
  expect(deadReferences('docs/a.md', text, known)).toEqual([
    'docs/a.md: docs/b.md',
    'docs/a.md: packages/wire/src/gone.ts',
  ]);
  const map = readCodeMap('### packages/wire\n\n| `codec.ts`, `old/` | x |\n');
  expect(mapDifferences(map, known)).toEqual([
    'packages/wire/src/old is in the code map and nowhere else',
    'packages/wire/src/new is not in the code map',
  ]);
});
