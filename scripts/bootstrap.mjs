// Makes the checkout ready to run with nothing but Node and npm on the machine: the npm packages of the lock file, exactly.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const bun = join(root, 'bin/bun');

/**
 * Installs what package-lock.json says where something else is installed. Not with `npm ci`: where the registry lacks another
 * platform's optional package, npm leaves it out of the lock file and `npm ci` then refuses that lock file.
 */
export function ensureNodeModules() {
  const reason = whyStale();
  if (!reason) return;
  console.log(`npm install: ${reason}`);
  const { status } = spawnSync(
    'npm',
    ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  if (status !== 0) throw new Error('npm install failed; its messages are above');
}

function whyStale() {
  const installedPath = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedPath)) return 'node_modules is missing';
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/') || entry.optional || entry.devOptional || entry.peer) continue;
    if (!installed[path]) return `${path} is missing`;
    if (installed[path].version !== entry.version) return `${path} has another version`;
  }
  return undefined;
}
