// `selvedge reset`: takes an edge node off this machine, with its containers, networks, mounts, files and units.

import { rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Fault, systemClock } from '@selvedge/base';
import { removePods, unmountBelow } from '@selvedge/edgecore/runtime-setup';
import { type CommandContext, defineCommand } from '../command-line/command.ts';
import { exitCodes } from '../command-line/exit-codes.ts';
import { stopContainerd } from '../edge-machine/container-runtime.ts';
import { type JoinedMachine, machineProcesses, readJoinedMachine } from '../edge-machine/joined-machine.ts';
import { withSystemPath } from '../machine/programs.ts';
import { removeUnit } from '../machine/systemd.ts';

const stopMs = 10_000;

export const reset = defineCommand({
  summary: 'Undo join: leave nothing of the edge node behind',
  details:
    'Its pods end, and its data is gone. The Node object stays in the cluster: kubectl delete node NAME.',
  options: {
    directory: {
      type: 'string',
      default: '/var/lib/selvedge',
      placeholder: 'DIRECTORY',
      doc: 'the directory that the node joined with',
    },
  },
  async run(context, values) {
    const directory = resolve(context.workingDirectory, values.directory);
    const machine = await readJoinedMachine(directory);
    if (!machine) throw await nothingThere(directory);
    await context.terminal.step(`Removing node ${machine.name}`, () => removeMachine(context, machine));
    context.terminal.print(`To remove it from the cluster too: kubectl delete node ${machine.name}`);
    return exitCodes.done;
  },
});

async function nothingThere(directory: string): Promise<Fault> {
  const found = await stat(directory).catch(() => undefined);
  const what = found ? `${directory} is not the directory of a joined node` : `there is no ${directory}`;
  return new Fault('cli/not-joined', what, {
    hint: 'name the directory that the node joined with: --directory',
  });
}

async function removeMachine(context: CommandContext, machine: JoinedMachine): Promise<void> {
  const searchPath = withSystemPath(context.environment.PATH);
  const processes = machineProcesses(machine.directory, searchPath);
  await removeUnit('selvedge-edgecore', searchPath);
  await processes.stopCommand(['edgecore', '--directory', machine.directory], stopMs);
  if (machine.foreignRuntime === undefined) {
    await stopContainerd(machine, { processes, clock: systemClock, searchPath, signal: context.signal });
    await removeUnit('selvedge-containerd', searchPath);
  } else {
    const endpoint = machine.foreignRuntime.replace(/^unix:\/\//, '');
    await removePods({ endpoint, clock: systemClock, timeoutMs: stopMs });
  }
  await unmountBelow(machine.directory);
  await rm(machine.directory, { recursive: true, force: true });
}
