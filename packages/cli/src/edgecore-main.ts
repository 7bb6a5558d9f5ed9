// The edge's agent alone: what `bin/selvedge edgecore` runs, made into one file by `scripts/bundle-edgecore.sh`.

import type { CommandGroup } from './command-line/command.ts';
import { edgecore } from './commands/edgecore.ts';
import { runMain } from './run-main.ts';

const commands: CommandGroup = {
  kind: 'group',
  summary: 'The agent of an edge node.',
  commands: { edgecore: { kind: 'lazy', summary: edgecore.summary, load: async () => edgecore } },
};

// Not awaited: at the top level that would ask for a module format in which nothing loads late. The agent starts no `selvedge`.
void runMain({ commands, program: [] });
