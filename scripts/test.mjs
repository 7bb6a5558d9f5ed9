// `npm test`: prepares the machine, then checks, unit tests, and the tests on real parts one file after another.
// Arguments choose suites by a part of their name: `npm test -- unit offline`.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bun, ensureNodeModules, root } from './bootstrap.mjs';
import { checkSuites } from './check.mjs';
import { bunSuite, runSuites } from './run-suite.mjs';

const unitLimits = { limitSeconds: 300, testTimeoutMs: 20_000 };
const e2eLimits = { limitSeconds: 300, testTimeoutMs: 180_000 };

function suites() {
  const packages = readdirSync(join(root, 'packages')).sort();
  const e2e = readdirSync(join(root, 'test/e2e')).filter((file) => file.endsWith('.test.ts'));
  return [
    ...checkSuites(),
    ...packages.filter(hasTests).map((name) => bunSuite(`unit ${name}`, [`./packages/${name}/`], unitLimits)),
    ...e2e.sort().map((file) => bunSuite(`e2e ${file}`, [`./test/e2e/${file}`], e2eLimits)),
  ];
}

function hasTests(name) {
  const source = join(root, 'packages', name, 'src');
  return (
    existsSync(source) && readdirSync(source, { recursive: true }).some((file) => file.endsWith('.test.ts'))
  );
}

/** What the tests on real parts call; where it can not be installed, those tests say so and skip. */
function ensureDebianPackages() {
  const { status } = spawnSync(bun, [join(root, 'scripts/install-debian-packages.ts')], { stdio: 'inherit' });
  if (status !== 0) console.log('Debian packages are missing; tests that need them will skip and say why');
}

ensureNodeModules();
const wanted = process.argv.slice(2);
const chosen = suites().filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
if (chosen.some(({ name }) => name.startsWith('e2e'))) ensureDebianPackages();
process.exit(await runSuites(chosen));
