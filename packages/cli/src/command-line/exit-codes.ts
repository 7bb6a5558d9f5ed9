// Exit codes of the command line, documented in docs/command-line.md, and how an error gets its own.

import { isFault } from '@selvedge/base';

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  /** The machine lacks something that the command needs, or a port or directory is taken. */
  preflight: 3,
  interrupted: 130,
} as const;

export function exitCodeOf(error: unknown): number {
  if (isFault(error, 'cli/usage')) return exitCodes.usage;
  if (isFault(error) && error.code.startsWith('preflight/')) return exitCodes.preflight;
  if (isFault(error, 'cli/interrupted')) return exitCodes.interrupted;
  return exitCodes.failed;
}
