// `selvedge token list`: the tokens that are good now.

import { systemClock } from '@selvedge/base';
import { listTokens } from '@selvedge/cloudcore';
import { defineCommand } from '../../command-line/command.ts';
import { exitCodes } from '../../command-line/exit-codes.ts';
import { outputOption } from '../../command-line/option-table.ts';
import { formatTable } from '../../command-line/terminal.ts';
import { clusterOptions, connect } from './cluster-options.ts';

export const tokenList = defineCommand({
  summary: 'List the tokens that are valid',
  options: { ...clusterOptions, output: outputOption },
  async run(context, values) {
    await using client = await connect(context, values);
    const tokens = await listTokens({ client, clock: systemClock });
    if (values.output === 'json') {
      const items = tokens.map(({ id, expires, node, isDefault }) => ({
        id,
        expires,
        node: node ?? null,
        isDefault,
      }));
      context.terminal.print(JSON.stringify({ tokens: items }, null, 2));
    } else {
      const rows = tokens.map(({ id, expires, node, isDefault }) => [
        id,
        expires,
        node ?? '-',
        isDefault ? 'renewed by cloudcore' : '',
      ]);
      context.terminal.print(formatTable(['ID', 'EXPIRES', 'NODE', 'NOTE'], rows));
    }
    return exitCodes.done;
  },
});
