// `selvedge token create`: makes a token with which machines join, in KubeEdge's form.

import { systemClock } from '@selvedge/base';
import { createToken } from '@selvedge/cloudcore';
import { defineCommand } from '../../command-line/command.ts';
import { exitCodes } from '../../command-line/exit-codes.ts';
import { outputOption } from '../../command-line/option-table.ts';
import { UsageFault } from '../../command-line/usage-fault.ts';
import { clusterOptions, connect } from './cluster-options.ts';

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const maxLifetimeMs = 366 * 86_400_000;

export const tokenCreate = defineCommand({
  summary: 'Make a token',
  details: 'A Go edgecore takes it too. It is shown once: the cluster keeps only that it is valid.',
  options: {
    ...clusterOptions,
    output: outputOption,
    ttl: {
      type: 'string',
      default: '24h',
      placeholder: 'DURATION',
      doc: 'how long it is good: 90m, 24h, 7d',
    },
    node: {
      type: 'string',
      placeholder: 'NAME',
      doc: 'good for this node alone, also when a node of that name exists',
    },
  },
  examples: ['selvedge token create', 'selvedge token create --node shop-17 --ttl 1h -o json'],
  async run(context, values) {
    const lifetimeMs = parseLifetime(values.ttl);
    await using client = await connect(context, values);
    const { token, caHash, expires } = await createToken({
      client,
      clock: systemClock,
      lifetimeMs,
      ...(values.node === undefined ? {} : { node: values.node }),
    });
    context.terminal.print(values.output === 'json' ? JSON.stringify({ token, caHash, expires }) : token);
    return exitCodes.done;
  },
});

function parseLifetime(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const lifetimeMs = Number(count) * (units[unit] ?? 0);
  if (lifetimeMs <= 0 || lifetimeMs > maxLifetimeMs) {
    throw new UsageFault(`--ttl ${text}: a number with s, m, h or d is expected, 366d at most`);
  }
  return lifetimeMs;
}
