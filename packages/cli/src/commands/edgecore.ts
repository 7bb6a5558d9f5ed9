// `selvedge edgecore`: runs the agent of an edge node that has joined.

import { resolve } from 'node:path';
import { edgeCoreDefaults, edgeCoreOptions, parseOption, startEdgeCore } from '@selvedge/edgecore';
import { defineCommand } from '../command-line/command.ts';
import { givenOptions, programOptions } from './program-options.ts';
import { createProgramLogger, logOptions, runUntilStopped } from './run-program.ts';

export const edgecore = defineCommand({
  summary: 'Run an edge node that has joined',
  details:
    'Options that are not given are read from edgecore.json in the directory, which `selvedge join` wrote.',
  options: { ...programOptions(edgeCoreOptions, edgeCoreDefaults), ...logOptions },
  examples: ['selvedge edgecore --directory /var/lib/selvedge'],
  async run(context, values) {
    const { directory = edgeCoreDefaults.directory, ...settings } = givenOptions(
      edgeCoreOptions,
      values,
      parseOption,
    );
    const logger = createProgramLogger(context, values);
    return runUntilStopped((signal) => {
      const place = resolve(context.workingDirectory, String(directory));
      return startEdgeCore({ directory: place, settings, logger, signal });
    }, context);
  },
});
