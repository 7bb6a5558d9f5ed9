// `npm run check`: everything that reads the source without running the programs.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureNodeModules, root } from './bootstrap.mjs';
import { bunSuite, commandSuite, runSuites } from './run-suite.mjs';

export function checkSuites() {
  const tool = (name) => join(root, 'node_modules/.bin', name);
  return [
    commandSuite('format and lint', [tool('biome'), 'ci', '--error-on-warnings', '.']),
    commandSuite('types', [tool('tsc'), '-p', '.']),
    commandSuite('dead code', [tool('knip')]),
    bunSuite('the house', ['./checks'], { limitSeconds: 120, testTimeoutMs: 30_000 }),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  ensureNodeModules();
  process.exit(await runSuites(checkSuites()));
}
