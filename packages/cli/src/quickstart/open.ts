// What the commands about a data directory share: its option, and its processes.

import { systemClock } from '@selvedge/base';
import type { CommandContext } from '../command-line/command.ts';
import type { OptionSpec } from '../command-line/option-table.ts';
import { withSystemPath } from '../machine/programs.ts';
import { ProcessTable } from '../processes/process-table.ts';
import { type DataDirectory, defaultDataDirectory } from './data-directory.ts';

export const dataDirectoryOption = {
  type: 'string',
  placeholder: 'DIRECTORY',
  default: defaultDataDirectory,
  doc: 'where everything of this cluster lies',
} as const satisfies OptionSpec;

export function openProcesses(data: DataDirectory, { environment }: CommandContext): ProcessTable {
  return new ProcessTable({ data, clock: systemClock, searchPath: withSystemPath(environment.PATH) });
}
