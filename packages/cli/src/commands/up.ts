// `selvedge up`: a control plane, a cloud and edge nodes on this machine, in the foreground or left running.

import { join } from 'node:path';
import { Fault, sleep, systemClock } from '@selvedge/base';
import { type CommandContext, defineCommand } from '../command-line/command.ts';
import { exitCodes } from '../command-line/exit-codes.ts';
import type { OptionTable, OptionValues } from '../command-line/option-table.ts';
import { withSystemPath } from '../machine/programs.ts';
import type { ProcessTable } from '../processes/process-table.ts';
import { dataDirectory, lockDataDirectory, prepareDataDirectory } from '../quickstart/data-directory.ts';
import { callableAs, nextSteps } from '../quickstart/next-steps.ts';
import { dataDirectoryOption, openProcesses } from '../quickstart/open.ts';
import { readSettings, type Settings } from '../quickstart/settings.ts';
import { type Started, type StartOptions, startAll } from '../quickstart/start.ts';
import { stopAll } from '../quickstart/stop.ts';

const options = {
  dataDir: dataDirectoryOption,
  edges: {
    type: 'number',
    min: 0,
    max: 100,
    doc: 'edge nodes on this machine; 0 is the cloud alone; 1 at first',
  },
  apiPort: {
    type: 'number',
    min: 1,
    max: 65_535,
    placeholder: 'PORT',
    doc: 'port of the Kubernetes API; 6443 at first',
  },
  hubPort: {
    type: 'number',
    min: 1,
    max: 65_530,
    placeholder: 'PORT',
    doc: 'port P that edges connect to; 10000 at first; joins take P+2, logs and exec P+3, metrics P+5',
  },
  advertise: {
    type: 'string',
    placeholder: 'ADDRESS',
    doc: 'listen on all addresses and let other machines reach this one by ADDRESS; loopback alone otherwise',
  },
  detach: { type: 'boolean', short: 'd', doc: 'return when everything runs, and leave it running' },
} as const satisfies OptionTable;

export const up = defineCommand({
  summary: 'Start a control plane, a cloud and edge nodes on this machine',
  details: [
    'Installs what is missing when it may, starts the embedded control plane, cloudcore and real edge nodes (each with',
    'a containerd of its own), joins them with a token and certificates, and deploys examples/hello.yaml.',
    'A second `up` on the same data directory starts what does not run and leaves what does; ports, address and number',
    'of edges stay as they were unless given again.',
  ].join('\n'),
  options,
  examples: [
    'selvedge up',
    'selvedge up --detach --edges 3',
    'selvedge up --data-dir .selvedge-2 --api-port 7443 --hub-port 11000',
  ],
  run,
});

async function run(context: CommandContext, values: OptionValues<typeof options>): Promise<number> {
  const data = dataDirectory(values.dataDir, context.workingDirectory);
  await prepareDataDirectory(data);
  await using lock = await lockDataDirectory(data);
  const processes = openProcesses(data, context);
  const settings = await chooseSettings(values, await readSettings(data), processes);
  const start: StartOptions = {
    data,
    settings,
    processes,
    program: context.program,
    terminal: context.terminal,
    clock: systemClock,
    searchPath: withSystemPath(context.environment.PATH),
    isRoot: process.getuid?.() === 0,
    signal: context.signal,
    projectDirectory: join(import.meta.dir, '../../../..'),
  };
  const before = new Set(
    (await processes.list()).filter(({ pid }) => pid !== undefined).map((one) => one.record.name),
  );
  const started = await startOrUndo(start, before);
  const program = await callableAs(context);
  context.terminal.print(nextSteps({ data, started, program, isDetached: values.detach }));
  if (!values.detach) await stayUntilStopped({ ...start, settings: started.settings });
  void lock;
  return exitCodes.done;
}

/** Flags win over what the data directory was made with; ports of what runs can not change under it. */
async function chooseSettings(
  values: OptionValues<typeof options>,
  previous: Settings,
  processes: ProcessTable,
): Promise<Settings> {
  const settings = {
    ...previous,
    apiPort: values.apiPort ?? previous.apiPort,
    hubPort: values.hubPort ?? previous.hubPort,
    advertise: values.advertise ?? previous.advertise,
    edgeCount: values.edges ?? previous.edgeCount,
  };
  const moved = (['apiPort', 'hubPort', 'advertise'] as const).some((key) => settings[key] !== previous[key]);
  const isRunning = (await processes.list()).some(({ pid }) => pid !== undefined);
  if (moved && isRunning) {
    throw new Fault('cli/running', 'ports and address can not change while it runs', {
      hint: 'stop it first: selvedge down',
    });
  }
  return settings;
}

/** When a start fails or is interrupted, what this command has started is stopped again. */
async function startOrUndo(start: StartOptions, before: ReadonlySet<string>): Promise<Started> {
  try {
    return await startAll(start);
  } catch (error) {
    if (before.size === 0) {
      const settings = await readSettings(start.data);
      await stopAll({ ...start, settings }).catch((cause: unknown) => {
        start.terminal.note(`Some of what was started still runs: ${String(cause)}`);
      });
    }
    throw error;
  }
}

const watchMs = 1_000;

/** Says which process has ended, and stops all of them at the first signal. */
async function stayUntilStopped(start: StartOptions): Promise<void> {
  const { processes, terminal, clock, signal } = start;
  const ended = new Set<string>();
  while (!signal.aborted) {
    for (const { record, pid } of await processes.list()) {
      if (pid !== undefined) ended.delete(record.name);
      else if (!ended.has(record.name)) {
        ended.add(record.name);
        terminal.note(
          `${record.name} has ended; its log is ${record.log}. To start it again: ${record.command.join(' ')}`,
        );
      }
    }
    await sleep(clock, watchMs, signal);
  }
  terminal.note('Stopping. A second Ctrl-C ends this at once and leaves what still runs to: selvedge down');
  await stopAll(start);
}
