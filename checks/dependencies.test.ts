// Holds docs/dependencies.md against the manifests both ways: every npm package has a row, every row a package, all pinned.

import { expect, test } from 'bun:test';
import { listFiles, markdownTable, readText } from './source-tree.ts';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function declared(): Map<string, Set<string>> {
  const versions = new Map<string, Set<string>>();
  for (const path of listFiles().filter((file) => /(^|\/)package\.json$/.test(file))) {
    const manifest: Manifest = JSON.parse(readText(path));
    const all = { ...manifest.optionalDependencies, ...manifest.devDependencies, ...manifest.dependencies };
    for (const [name, version] of Object.entries(all)) {
      if (name.startsWith('@selvedge/')) continue;
      versions.set(name, (versions.get(name) ?? new Set()).add(version));
    }
  }
  return versions;
}

const rows = markdownTable('docs/dependencies.md', ['name', 'version', 'what for', 'why this one', 'size']);
const documented = new Map(rows.map((row) => [(row[0] ?? '').replaceAll('`', ''), row[1] ?? '']));

test('every npm package that a manifest names has a row', () => {
  expect([...declared().keys()].filter((name) => !documented.has(name))).toEqual([]);
});

test('every row names a package that a manifest asks for', () => {
  const names = declared();
  expect([...documented.keys()].filter((name) => !names.has(name))).toEqual([]);
});

test('versions are pinned, the same everywhere, and those of the table', () => {
  const wrong = [...declared()].filter(([name, versions]) => {
    const [version = ''] = versions;
    return (
      versions.size !== 1 || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) || documented.get(name) !== version
    );
  });
  expect(wrong).toEqual([]);
});

test('every row says what for, why and how large', () => {
  expect(rows.filter((row) => row.length !== 5 || row.some((cell) => cell === ''))).toEqual([]);
});
