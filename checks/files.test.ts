// Holds every source file to the house's habits: one header comment, a bounded size, kebab-case names, no catch-all folders.

import { expect, test } from 'bun:test';
import { isTest, listFiles, sourceFiles } from './source-tree.ts';

const maxLines = 500;
const files = sourceFiles();

test('every file says in one comment at its top what it is for', () => {
  const missing = files.filter((file) => {
    if (isTest(file.path) && file.path.startsWith('packages/')) return false;
    const first = file.text.split('\n').find((line) => !line.startsWith('#!'));
    return !/^\/\/ \S/.test(first ?? '');
  });
  expect(missing.map((file) => file.path)).toEqual([]);
});

test(`no file is longer than ${maxLines} lines`, () => {
  const long = files.map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }));
  expect(long.filter(({ lines }) => lines > maxLines)).toEqual([]);
});

test('files are named in kebab-case', () => {
  const name = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.ts$/;
  expect(files.map((file) => file.path).filter((path) => !name.test(path.split('/').at(-1) ?? ''))).toEqual(
    [],
  );
});

test('no folder is called utils, helpers or common', () => {
  expect(listFiles().filter((path) => /(^|\/)(utils?|helpers?|common)(\/|\.ts$)/.test(path))).toEqual([]);
});
