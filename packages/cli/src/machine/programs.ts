// Finds programs on PATH and runs them to their end, without a shell.

import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@selvedge/base';

/** Debian keeps what only root calls, and what containerd calls, where a user's PATH may not look. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const maxOutputLength = 1 << 20;

export function withSystemPath(path: string | undefined): string {
  return [path, systemPath].filter((part) => part).join(':');
}

export async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  for (const directory of searchPath.split(':')) {
    const path = join(directory, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (directory !== '' && isThere) return path;
  }
  return undefined;
}

export interface ProgramResult {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Resolves with whatever the program ended with; rejects only when it can not be started. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.environment && { env: { ...process.env, ...options.environment } }),
      ...(options.signal && { signal: options.signal }),
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < maxOutputLength) output += text;
      const line = text.trimEnd().split('\n').at(-1);
      if (line) options.onLine?.(line);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (errors.length < maxOutputLength) errors += text;
    });
    child.once('error', (cause) =>
      reject(new Fault('cli/program-failed', `${program} can not be started`, { cause })),
    );
    child.once('close', (code) => resolve({ code, output, errors }));
  });
}

/** Like `runProgram`, but an exit code other than 0 is a fault; resolves with standard output. */
export async function runOrFail(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, output, errors } = await runProgram(program, args, options);
  if (code === 0) return output;
  const reason = errors.trim().split('\n').slice(-3).join('; ');
  throw new Fault('cli/program-failed', `${[program, ...args].join(' ')} ended with ${code}: ${reason}`);
}
