// `npm run generate`: makes the files that are not written by hand. Run it after changing a pinned development package, the
// facts of the container runtime interface, or an option of a command.

import { writeFileSync } from 'node:fs';
import { commandTree, referencePage } from '@selvedge/cli';
import { generateCri } from './generate-cri.ts';
import { generateDefinitions } from './generate-definitions.ts';

const files = [
  ['packages/kubernetes/src/schema/definitions.gen.json', await generateDefinitions()],
  ['packages/edgecore/src/edged/cri/cri.gen.ts', await generateCri()],
  ['docs/command-line.md', await referencePage(commandTree)],
] as const;
for (const [path, text] of files) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
  process.stdout.write(`wrote ${path}\n`);
}
