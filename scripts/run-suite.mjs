// Runs the suites of `npm test` one after another, each under a time limit, and sums up what they found.

import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { bun, root } from './bootstrap.mjs';
import { makeSuiteFolder, removeSuiteFolder } from './suite-folder.mjs';

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {{ name: string, command: string[], limitSeconds: number, counted: boolean }} Suite
 */

/** A command that passes or fails as a whole. */
export function commandSuite(name, command, limitSeconds = 180) {
  return { name, command, limitSeconds, counted: false };
}

/** `bun test` over files or folders, its tests counted one by one. */
export function bunSuite(name, paths, options) {
  const { limitSeconds, testTimeoutMs } = options;
  const command = [bun, 'test', '--timeout', String(testTimeoutMs), ...paths];
  return { name, command, limitSeconds, counted: true };
}

/** Runs all suites and prints the summary; resolves with the exit code. A signal ends the suite that runs, and the rest. */
export async function runSuites(suites) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failedSuites = [];
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interruption.abort());
  for (const suite of suites) {
    if (interruption.signal.aborted) break;
    const startedMs = Date.now();
    console.log(`\n── ${suite.name}`);
    const counts = await runSuite(suite, interruption.signal);
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
    console.log(`── ${suite.name}: ${summary(counts)} in ${seconds} s`);
    for (const key of Object.keys(total)) total[key] += counts[key];
    if (counts.failed > 0) failedSuites.push(suite.name);
  }
  console.log(interruption.signal.aborted ? '\ninterrupted' : '');
  for (const name of failedSuites) console.log(`failed: ${name}`);
  console.log(summary(total));
  if (interruption.signal.aborted) return 130;
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** @returns {Promise<Counts>} */
async function runSuite(suite, signal) {
  const folder = makeSuiteFolder();
  const report = `${folder}.xml`;
  try {
    const reporter = suite.counted ? ['--reporter=junit', `--reporter-outfile=${report}`] : [];
    const outcome = await runLimited([...suite.command, ...reporter], {
      limitSeconds: suite.limitSeconds,
      temporaryFolder: folder,
      signal,
    });
    if (outcome.timedOut) console.log(`stopped: not finished after ${suite.limitSeconds} s`);
    if (!suite.counted) return { passed: outcome.ok ? 1 : 0, failed: outcome.ok ? 0 : 1, skipped: 0 };
    const counts = readReport(report);
    if (!outcome.ok && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    rmSync(report, { force: true });
    const leftover = removeSuiteFolder(folder);
    if (leftover.length > 0) console.log(`left in the temporary folder, and removed: ${leftover.join(', ')}`);
  }
}

/** Runs a command in a process group of its own, so that a hang is ended with everything it started. */
function runLimited([program, ...args], { limitSeconds, temporaryFolder, signal }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
      env: { ...process.env, TMPDIR: temporaryFolder },
    });
    let timedOut = false;
    const endGroup = (how) => {
      try {
        process.kill(-child.pid, how);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    };
    const limit = setTimeout(() => {
      timedOut = true;
      endGroup('SIGKILL');
    }, limitSeconds * 1000);
    const onInterrupt = () => endGroup('SIGINT');
    signal.addEventListener('abort', onInterrupt, { once: true });
    const finish = (ok) => {
      clearTimeout(limit);
      signal.removeEventListener('abort', onInterrupt);
      resolve({ ok: ok && !timedOut, timedOut });
    };
    child.on('error', (error) => {
      console.log(error.message);
      finish(false);
    });
    child.on('exit', (code) => finish(code === 0));
  });
}

/** The totals in the first element of a JUnit report; nothing where the run ended before it was written. */
function readReport(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const element = /<testsuites\b[^>]*>/.exec(text)?.[0] ?? '';
  const number = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(element)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  return { passed: number('tests') - failed - number('skipped'), failed, skipped: number('skipped') };
}

function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
