// Runs one of the three programs in the foreground until a signal asks it to end or it can not go on.

import { createLogger, Fault, type Logger, systemClock } from '@selvedge/base';
import type { CommandContext } from '../command-line/command.ts';
import { exitCodes } from '../command-line/exit-codes.ts';
import type { OptionTable } from '../command-line/option-table.ts';

export interface RunningProgram extends AsyncDisposable {
  /** Rejects when the program can not go on. */
  readonly finished: Promise<void>;
}

export const logOptions = {
  logLevel: {
    type: 'string',
    placeholder: 'LEVEL',
    choices: ['debug', 'info', 'warn', 'error'],
    default: 'info',
    doc: 'how much is logged, to standard error',
  },
  logFormat: {
    type: 'string',
    placeholder: 'FORMAT',
    choices: ['text', 'json'],
    default: 'text',
    doc: 'how log lines are written',
  },
} as const satisfies OptionTable;

export function createProgramLogger(
  context: CommandContext,
  values: { readonly logLevel: string; readonly logFormat: string },
): Logger {
  return createLogger({
    level: levels.find((level) => level === values.logLevel) ?? 'info',
    format: values.logFormat === 'json' ? 'json' : 'text',
    write: (line) => context.terminal.note(line.trimEnd()),
    now: () => systemClock.now(),
  });
}

const levels = ['debug', 'info', 'warn', 'error'] as const;
const drainMs = 15_000;

/** Resolves with the exit code; a program that does not give up its start, or drain, in time is left behind with an error. */
export async function runUntilStopped(
  start: (signal: AbortSignal) => Promise<RunningProgram>,
  { signal }: Pick<CommandContext, 'signal'>,
): Promise<number> {
  const program = await started(start(signal), signal);
  if (!program) return exitCodes.done;
  let stopped: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    stopped = resolve;
    if (signal.aborted) resolve();
  });
  signal.addEventListener('abort', stopped, { once: true });
  try {
    await Promise.race([asked, program.finished]);
  } finally {
    signal.removeEventListener('abort', stopped);
    await withinDeadline(program[Symbol.asyncDispose]());
  }
  return exitCodes.done;
}

/** Nothing when the start was given up; its error does not matter to whoever asked for the end. */
async function started(
  starting: Promise<RunningProgram>,
  signal: AbortSignal,
): Promise<RunningProgram | undefined> {
  const asked = Promise.withResolvers<void>();
  const onAbort = () => asked.resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const settled = starting.catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  try {
    return (await Promise.race([settled, asked.promise])) ?? (await withinDeadline(settled));
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function withinDeadline<Result>(work: PromiseLike<Result>): Promise<Result> {
  let late = () => undefined;
  const deadline = new Promise<never>((_, reject) => {
    const timer = systemClock.after(drainMs, () =>
      reject(new Fault('cli/drain', `not everything has ended within ${drainMs / 1000} s`)),
    );
    late = () => void timer.cancel();
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    late();
  }
}
