// The host's mount table, and the few mounts that a node makes.

import { readFile, realpath } from 'node:fs/promises';
import { describeError, Fault } from '@selvedge/base';
import { runCommand } from './command.ts';

/** Paths where something is mounted, in the order of mounting. */
export async function mountPoints(): Promise<string[]> {
  return parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'));
}

/** The mount points in the table's text; a line that is none is passed over. */
export function parseMountinfo(table: string): string[] {
  return table
    .split('\n')
    .map((line) => unescapeMount(line.split(' ')[4] ?? ''))
    .filter((path) => path !== '');
}

/** In mountinfo, blanks and backslashes are written in octal. */
function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

export async function isMounted(path: string): Promise<boolean> {
  return (await mountPoints()).includes(await realName(path));
}

export async function mountTmpfs(path: string, options: readonly string[]): Promise<void> {
  const flags = options.length > 0 ? ['-o', options.join(',')] : [];
  await runCommand('mount', ['-t', 'tmpfs', ...flags, 'tmpfs', path]);
}

/**
 * A source `/proc/PID/fd/N` reaches the kernel as it is: resolved to a name by `mount`, it could be another file by the time
 * that the kernel looks the name up, put there by a container that writes into the volume.
 */
export async function bindMount(source: string, target: string): Promise<void> {
  await runCommand('mount', ['--no-canonicalize', '--bind', source, target]);
}

/**
 * Unmounts what is mounted at or below a directory, innermost first. Rejects with `host/still-mounted` when something is left:
 * whoever removed the directory then would remove what is mounted there, files of the host among it.
 */
export async function unmountBelow(directory: string): Promise<void> {
  const reasons: string[] = [];
  for (const path of (await mountedBelow(directory)).reverse()) {
    // It may be gone with the mount that it stood on: what counts is what is left.
    await runCommand('umount', ['--lazy', path]).catch((error) => reasons.push(describeError(error)));
  }
  const left = await mountedBelow(directory);
  if (left.length === 0) return;
  const message = `${left.join(', ')} can not be unmounted: ${reasons.join('; ')}`;
  throw new Fault('host/still-mounted', message, { retryable: true });
}

async function mountedBelow(directory: string): Promise<string[]> {
  const root = await realName(directory);
  return (await mountPoints()).filter((path) => path === root || path.startsWith(`${root}/`));
}

/** The mount table has no symbolic links in its paths; what is not there has no other name. */
function realName(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
