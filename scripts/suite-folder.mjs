// A temporary folder of its own for each suite, and what is done about everything that a suite which was stopped leaves behind.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './bootstrap.mjs';

/** Short, because sockets lie below it and their paths are bounded. */
export function makeSuiteFolder() {
  return mkdtempSync(join(tmpdir(), 'svt-'));
}

/** Takes the folder away with whatever uses it; the answer names what a suite should have removed itself. */
export function removeSuiteFolder(folder) {
  const leftover = readdirSync(folder);
  if (leftover.length > 0) {
    for (const name of leftover) stopCluster(join(folder, name, 'd'));
    for (const pid of processesBelow(folder)) endProcess(pid);
    for (const path of mountsBelow(folder)) spawnSync('umount', ['--lazy', path]);
  }
  rmSync(folder, { recursive: true, force: true });
  return leftover;
}

/** Clusters of `selvedge up` outlive the test that was stopped. */
function stopCluster(directory) {
  if (!existsSync(join(directory, 'settings.json'))) return;
  spawnSync(join(root, 'bin/selvedge'), ['down', '--data-dir', directory], { stdio: 'ignore' });
}

function processesBelow(folder) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => read(`/proc/${pid}/cmdline`).includes(`${folder}/`)).map(Number);
}

function mountsBelow(folder) {
  const points = read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  return points.filter((path) => path.startsWith(`${folder}/`)).reverse();
}

function endProcess(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // a process that has ended meanwhile, or a system without /proc
  }
}
