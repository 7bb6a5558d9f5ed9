// Hands arguments, terminal and signals to a command line, and ends the process with its exit code.

import { systemClock } from '@selvedge/base';
import type { CommandGroup } from './command-line/command.ts';
import { exitCodes } from './command-line/exit-codes.ts';
import { runCommandLine } from './command-line/run.ts';
import { createTerminal } from './command-line/terminal.ts';

export interface MainOptions {
  readonly commands: CommandGroup;
  /** The arguments that start this program again, without a command. */
  readonly program: readonly string[];
}

export async function runMain({ commands, program }: MainOptions): Promise<never> {
  const exitCode = await runCommandLine(commands, process.argv.slice(2), {
    terminal: createTerminal({
      clock: systemClock,
      writeOutput: outputWriter(),
      writeError: (text) => void process.stderr.write(text),
      isLive: process.stderr.isTTY === true,
      width: () => process.stderr.columns,
    }),
    environment: process.env,
    workingDirectory: process.cwd(),
    program,
    signal: stopSignal(),
    commands,
  });
  // What a pipe has not taken yet would be lost.
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => {
      stream.end(() => resolve());
    });
  }
  process.exit(exitCode);
}

/** The first signal asks the command to end in order; the second ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(exitCodes.interrupted);
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return stop.signal;
}

/** What writes to standard output; that stream is made with the first text, and an agent has none. */
function outputWriter(): (text: string) => void {
  let output: NodeJS.WriteStream | undefined;
  return (text) => {
    output ??= process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodes.done); // the reader, such as `head`, has seen enough
      throw error;
    });
    output.write(text);
  };
}
