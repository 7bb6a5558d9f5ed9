// Generated files are what their command makes of the packages, facts and options of today.

import { expect, test } from 'bun:test';
import { commandTree, referencePage } from '@selvedge/cli';
import { generateCri } from '../scripts/generate-cri.ts';
import { generateDefinitions } from '../scripts/generate-definitions.ts';
import { readText } from './source-tree.ts';

const generated: readonly [path: string, make: () => string | Promise<string>][] = [
  ['packages/kubernetes/src/schema/definitions.gen.json', generateDefinitions],
  ['packages/edgecore/src/edged/cri/cri.gen.ts', generateCri],
  ['docs/command-line.md', () => referencePage(commandTree)],
];

for (const [path, make] of generated) {
  test(`${path} is what \`npm run generate\` makes`, async () => {
    const made = await make();
    expect(readText(path) === made, 'run: npm run generate').toBe(true);
  });
}
