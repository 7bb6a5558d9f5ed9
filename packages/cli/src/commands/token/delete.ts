// `selvedge token delete`: revokes a token; from then on nobody joins with it.

import { Fault } from '@selvedge/base';
import { deleteToken } from '@selvedge/cloudcore';
import { defineCommand } from '../../command-line/command.ts';
import { exitCodes } from '../../command-line/exit-codes.ts';
import { clusterOptions, connect } from './cluster-options.ts';

export const tokenDelete = defineCommand({
  summary: 'Revoke a token',
  positionals: ['TOKEN|ID'],
  options: clusterOptions,
  examples: ['selvedge token delete 3f9c0a71be'],
  async run(context, values) {
    await using client = await connect(context, values);
    const token = context.positionals[0] ?? '';
    if (!(await deleteToken({ client, token }))) {
      throw new Fault('cli/no-such-token', 'there is no such token, or it has ended', {
        hint: 'selvedge token list',
      });
    }
    context.terminal.print('The token is revoked.');
    return exitCodes.done;
  },
});
