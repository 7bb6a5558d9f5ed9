// Runs a program of the host with an argument list, never through a shell.

import { spawn } from 'node:child_process';
import { Fault } from '@selvedge/base';

const maxOutputBytes = 1 << 20;

export interface CommandOptions {
  /** What the program reads; nothing unless given. */
  readonly input?: string;
  /** Instead of this process' own environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Its standard output is the answer; rejects with `host/command-failed` when it does not end well. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.environment && { env: options.environment }),
    });
    child.stdin.on('error', () => undefined); // it may end without reading; its exit code tells
    child.stdin.end(options.input ?? '');
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (output.length < maxOutputBytes) output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (errors.length < maxOutputBytes) errors += chunk.toString();
    });
    child.once('error', (cause) =>
      reject(new Fault('host/command-failed', `${program} could not be started`, { cause })),
    );
    child.once('close', (code) => {
      if (code === 0) return resolve(output);
      const message = `${[program, ...args].join(' ')} ended with ${code}: ${errors.trim()}`;
      reject(new Fault('host/command-failed', message));
    });
  });
}
