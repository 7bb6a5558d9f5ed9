// `npm run generate`: makes the files that are not written by hand. Run it after changing a pinned development package.

import { writeFileSync } from 'node:fs';
import { generateDefinitions } from './generate-definitions.ts';

const target = new URL('../packages/kubernetes/src/schema/definitions.gen.json', import.meta.url);
writeFileSync(target, await generateDefinitions());
process.stdout.write(`wrote ${target.pathname}\n`);
