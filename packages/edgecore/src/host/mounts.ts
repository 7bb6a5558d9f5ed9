// The host's mount table, and the few mounts that a node makes.

import { readFile } from 'node:fs/promises';
import { runCommand } from './command.ts';

/** Paths where something is mounted, in the order of mounting. */
export async function mountPoints(): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => unescapeMount(line.split(' ')[4] ?? ''));
}

/** In mountinfo, blanks and backslashes are written in octal. */
export function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

export async function isMounted(path: string): Promise<boolean> {
  return (await mountPoints()).includes(path);
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

/** Unmounts what is mounted at or below a directory, innermost first. */
export async function unmountBelow(directory: string): Promise<void> {
  const inside = (await mountPoints()).filter(
    (path) => path === directory || path.startsWith(`${directory}/`),
  );
  for (const path of inside.reverse()) {
    await runCommand('umount', ['--lazy', path]).catch(() => undefined); // gone with the mount it stood on
  }
}
