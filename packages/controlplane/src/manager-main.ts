// The manager as a process of its own, started by the control plane: `manager-main.ts --kubeconfig FILE`. When its standard
// input ends, as when the parent dies however that happens, it stops.

import { parseArgs } from 'node:util';
import { createLogger, describeError, type LogLevel } from '@selvedge/base';
import { createKubeClient, loadKubeconfig } from '@selvedge/client';
import { runManager } from './controllers/manager.ts';

/** How long what is under way may take to end before the process goes anyway. */
const stopDeadlineMs = 4_000;

async function main(signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    options: {
      kubeconfig: { type: 'string' },
      'log-level': { type: 'string', default: 'info' },
      'log-format': { type: 'string', default: 'text' },
    },
  });
  if (values.kubeconfig === undefined) throw new Error('--kubeconfig FILE is missing');
  const logger = createLogger({
    level: levelOf(values['log-level']),
    format: values['log-format'] === 'json' ? 'json' : 'text',
    write: (line) => process.stderr.write(line),
    now: Date.now,
    fields: { part: 'manager' },
  });
  const kubeconfig = await loadKubeconfig(values.kubeconfig);
  await using client = createKubeClient({ ...kubeconfig, userAgent: 'selvedge-manager' });
  await runManager({ client, logger, signal, rootCa: kubeconfig.ca ?? '' });
}

function levelOf(text: string): LogLevel {
  return text === 'debug' || text === 'warn' || text === 'error' ? text : 'info';
}

const stop = new AbortController();
const end = () => {
  if (stop.signal.aborted) return;
  stop.abort();
  setTimeout(() => process.exit(1), stopDeadlineMs).unref();
};
process.stdin.on('end', end);
process.stdin.on('error', end);
process.stdin.resume();
process.on('SIGTERM', end);
process.on('SIGINT', end);

try {
  await main(stop.signal);
  process.exit(0);
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(1);
}
