// Generated files are what their command makes of the packages pinned today.

import { expect, test } from 'bun:test';
import { generateDefinitions } from '../scripts/generate-definitions.ts';
import { readText } from './source-tree.ts';

test('the schema table is what `npm run generate` makes', async () => {
  const made = await generateDefinitions();
  expect(readText('packages/kubernetes/src/schema/definitions.gen.json') === made).toBe(true);
});
