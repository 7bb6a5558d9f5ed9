// The `selvedge` program: hands arguments, terminal and signals to the command line.

import { join } from 'node:path';
import { systemClock } from '@selvedge/base';
import { exitCodes } from './command-line/exit-codes.ts';
import { runCommandLine } from './command-line/run.ts';
import { createTerminal } from './command-line/terminal.ts';
import { commandTree } from './command-tree.ts';

const stop = new AbortController();

/** The first signal asks the command to end in order; the second ends the process at once. */
function onSignal(): void {
  if (stop.signal.aborted) process.exit(exitCodes.interrupted);
  stop.abort();
}

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.done); // the reader, such as `head`, has seen enough
  throw error;
});

const exitCode = await runCommandLine(commandTree, process.argv.slice(2), {
  terminal: createTerminal({
    clock: systemClock,
    writeOutput: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    isLive: process.stderr.isTTY === true,
    width: () => process.stderr.columns,
  }),
  environment: process.env,
  workingDirectory: process.cwd(),
  program: [join(import.meta.dir, '../../../bin/selvedge')],
  signal: stop.signal,
  commands: commandTree,
});
// What a pipe has not taken yet would be lost.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((resolve) => {
    stream.end(() => resolve());
  });
}
process.exit(exitCode);
