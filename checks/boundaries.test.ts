// Holds the packages to ARCHITECTURE.md's table of who may import whom, and plants violations to prove that it sees.

import { expect, test } from 'bun:test';
import {
  cycles,
  type House,
  impureImports,
  programsThatImportOneAnother,
  readTable,
  violations,
} from './boundaries.ts';
import { listFiles, parseSource, readText, sourceFiles } from './source-tree.ts';

const files = sourceFiles();
const house: House = { mayImport: readTable(), faces: readFaces() };

function readFaces(): Map<string, Set<string>> {
  const manifests = listFiles().filter((path) => /^packages\/[^/]+\/package\.json$/.test(path));
  return new Map(
    manifests.map((path) => {
      const manifest: { name: string; exports: Record<string, string> } = JSON.parse(readText(path));
      return [manifest.name.replace('@selvedge/', ''), new Set(Object.keys(manifest.exports))];
    }),
  );
}

test('every package stands in the table', () => {
  expect([...house.mayImport.keys()].sort()).toEqual([...house.faces.keys()].sort());
});

test('every file imports only what its package may', () => {
  expect(violations(files, house)).toEqual([]);
});

test('the three programs do not import one another', () => {
  expect(programsThatImportOneAnother(house)).toEqual([]);
});

test('the manifests depend only on what the table allows', () => {
  const wrong = [...house.mayImport].flatMap(([name, allowed]) => {
    const manifest: { dependencies?: Record<string, string> } = JSON.parse(
      readText(`packages/${name}/package.json`),
    );
    return Object.keys(manifest.dependencies ?? {})
      .filter((dependency) => dependency.startsWith('@selvedge/'))
      .map((dependency) => dependency.replace('@selvedge/', ''))
      .filter((dependency) => !allowed.has(dependency))
      .map((dependency) => `${name} depends on ${dependency}`);
  });
  expect(wrong).toEqual([]);
});

test('pure packages ask nothing of the platform', () => {
  expect(impureImports(files)).toEqual([]);
});

test('files of a package do not import one another in a circle', () => {
  expect(cycles(files)).toEqual([]);
});

const planted: [string, string, string][] = [
  ['a value', 'packages/cloudcore/src/x.ts', "import { a } from '@selvedge/edgecore';"],
  ['a type', 'packages/edgecore/src/x.ts', "import type { A } from '@selvedge/controlplane';"],
  ['an inline type', 'packages/wire/src/x.ts', "export type A = import('@selvedge/client').B;"],
  ['a re-export', 'packages/base/src/x.ts', "export * from '@selvedge/wire';"],
  ['a dynamic import', 'packages/edgecore/src/x.ts', "export const a = () => import('@selvedge/cloudcore');"],
  ['a require', 'packages/pki/src/x.ts', "export const a = require('@selvedge/client');"],
  ['a path into another package', 'packages/wire/src/x.ts', "import { a } from '../../base/src/fault.ts';"],
  ['a deep import', 'packages/cli/src/x.ts', "import { a } from '@selvedge/edgecore/src/index.ts';"],
  [
    'a path into a package from outside',
    'test/e2e/x.ts',
    "import { a } from '../../packages/cli/src/main.ts';",
  ],
];

for (const [what, path, text] of planted) {
  test(`a planted violation is seen: ${what}`, () => {
    expect(violations([parseSource(path, text)], house)).toHaveLength(1);
  });
}

test('a planted circle is seen, by way of types too', () => {
  const circle = [
    parseSource('packages/wire/src/a.ts', "import './b.ts';"),
    parseSource('packages/wire/src/b.ts', "import type { C } from './c/c.ts'; export type B = C;"),
    parseSource('packages/wire/src/c/c.ts', "export * from '../a.ts';"),
  ];
  expect(cycles(circle)).toEqual([
    'packages/wire/src/a.ts → packages/wire/src/b.ts → packages/wire/src/c/c.ts → packages/wire/src/a.ts',
  ]);
});

test('planted I/O in a pure package is seen', () => {
  expect(
    impureImports([parseSource('packages/wire/src/x.ts', "import { connect } from 'node:net';")]),
  ).toHaveLength(1);
});
