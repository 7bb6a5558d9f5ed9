// Holds the source to the security ground rules: no shell strings, no unverified TLS peers outside join.

import { expect, test } from 'bun:test';
import { forbidden } from './no-shell.ts';
import { isTest, parseSource, sourceFiles } from './source-tree.ts';

test('no command line is a string, and every TLS peer is verified', () => {
  const shipped = sourceFiles().filter((file) => file.path.startsWith('packages/') && !isTest(file.path));
  expect(forbidden(shipped)).toEqual([]);
});

const planted = [
  "import { exec } from 'node:child_process'; exec(command);",
  "import { execSync as run } from 'node:child_process'; run('ls ' + name);",
  "import { spawn } from 'node:child_process'; spawn('ls', [], { shell: true });",
  "import { $ } from 'bun'; await $`ls`;",
  'await Bun.$`ls`;',
  "spawn('x', ['sh', '-c', command]);",
  'connect({ rejectUnauthorized: false });',
  'connect({ rejectUnauthorized: strict });',
];

for (const text of planted) {
  test(`a planted violation is seen: ${text}`, () => {
    expect(forbidden([parseSource('packages/cli/src/x.ts', text)])).toHaveLength(1);
  });
}

test('join may fetch the CA before it can verify it', () => {
  const file = parseSource('packages/edgecore/src/join/ca.ts', 'connect({ rejectUnauthorized: false });');
  expect(forbidden([file])).toEqual([]);
});
