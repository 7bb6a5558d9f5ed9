// The `selvedge` program: every command.

import { join } from 'node:path';
import { commandTree } from './command-tree.ts';
import { runMain } from './run-main.ts';

await runMain({ commands: commandTree, program: [join(import.meta.dir, '../../../bin/selvedge')] });
