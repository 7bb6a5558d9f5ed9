// `selvedge version`: which release this is and what it runs on.

import { defineCommand } from '../command-line/command.ts';
import { exitCodes } from '../command-line/exit-codes.ts';
import { outputOption } from '../command-line/option-table.ts';
import { versions } from '../version.ts';

export const version = defineCommand({
  summary: 'Print the version',
  options: { output: outputOption },
  async run({ terminal }, { output }) {
    const found = versions();
    if (output === 'json') terminal.print(JSON.stringify(found));
    else
      terminal.print(
        Object.entries(found)
          .map(([name, text]) => `${name} ${text}`)
          .join('\n'),
      );
    return exitCodes.done;
  },
});
