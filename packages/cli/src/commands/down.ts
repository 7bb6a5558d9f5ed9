// `selvedge down`: stops what `up` started and keeps its state.

import { systemClock } from '@selvedge/base';
import { defineCommand } from '../command-line/command.ts';
import { exitCodes } from '../command-line/exit-codes.ts';
import { withSystemPath } from '../machine/programs.ts';
import { dataDirectory, lockDataDirectory, requireDataDirectory } from '../quickstart/data-directory.ts';
import { dataDirectoryOption, openProcesses } from '../quickstart/open.ts';
import { readSettings } from '../quickstart/settings.ts';
import { stopAll } from '../quickstart/stop.ts';

export const down = defineCommand({
  summary: 'Stop what up started, keeping its state',
  details:
    'Containers of the edges are stopped too. The next `selvedge up` on the same data directory goes on with all state.',
  options: { dataDir: dataDirectoryOption },
  async run(context, { dataDir }) {
    const data = dataDirectory(dataDir, context.workingDirectory);
    await requireDataDirectory(data);
    await using lock = await lockDataDirectory(data);
    const didRun = await stopAll({
      data,
      settings: await readSettings(data),
      processes: openProcesses(data, context),
      terminal: context.terminal,
      clock: systemClock,
      searchPath: withSystemPath(context.environment.PATH),
      signal: context.signal,
    });
    void lock;
    if (!didRun) context.terminal.note('Nothing was running.');
    return exitCodes.done;
  },
});
