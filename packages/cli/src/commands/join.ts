// `selvedge join HOST:PORT --token T`: makes this machine an edge node of a cloud.

import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join as joinPath, resolve } from 'node:path';
import { Fault, isFault, silentLogger, systemClock } from '@selvedge/base';
import { startEdgeCore } from '@selvedge/edgecore';
import { joinCloud, planJoin } from '@selvedge/edgecore/join';
import { type CommandContext, defineCommand } from '../command-line/command.ts';
import { exitCodes } from '../command-line/exit-codes.ts';
import type { OptionTable, OptionValues } from '../command-line/option-table.ts';
import { UsageFault } from '../command-line/usage-fault.ts';
import { startContainerd, writeContainerd } from '../edge-machine/container-runtime.ts';
import {
  edgecorePlan,
  edgecoreSettings,
  requireShortPath,
  runtimeSocket,
} from '../edge-machine/edge-machine.ts';
import {
  type JoinedMachine,
  machineProcesses,
  readJoinedMachine,
  writeJoinedMachine,
} from '../edge-machine/joined-machine.ts';
import { removeBridge, takePodNetwork } from '../edge-machine/pod-network.ts';
import {
  edgeRequirements,
  installRequirements,
  missingRequirements,
  sampleRequirements,
} from '../machine/debian-packages.ts';
import { edgeFindings, requireNoFindings } from '../machine/edge-preflight.ts';
import { withSystemPath } from '../machine/programs.ts';
import { installUnit, isSystemdMachine } from '../machine/systemd.ts';
import { createProgramLogger, logOptions, runUntilStopped } from './run-program.ts';

const options = {
  token: {
    type: 'string',
    required: true,
    placeholder: 'TOKEN',
    doc: 'as `selvedge token create` prints it',
  },
  nodeName: { type: 'string', placeholder: 'NAME', doc: "the node's name; this host's name unless given" },
  directory: {
    type: 'string',
    default: '/var/lib/selvedge',
    placeholder: 'DIRECTORY',
    doc: 'where everything of this node lies',
  },
  runtimeEndpoint: {
    type: 'string',
    placeholder: 'SOCKET',
    doc: 'socket of a CRI runtime that runs already; a containerd of its own otherwise',
  },
  foreground: { type: 'boolean', doc: 'stay in the foreground also where systemd could run it' },
  ...logOptions,
} as const satisfies OptionTable;

export const join = defineCommand({
  summary: 'Make this machine an edge node of a cloud',
  details: [
    'Looks whether the machine can be one, installs what is missing, gets a certificate with the token, writes the',
    'configuration, and starts the agent: as a systemd unit where there is systemd, in the foreground where not.',
    'HOST:PORT is the hub (port 10000 unless set otherwise); certificates are issued two ports up.',
  ].join('\n'),
  positionals: ['HOST:PORT'],
  options,
  examples: [
    'selvedge join cloud.example.org:10000 --token TOKEN',
    'selvedge join 192.0.2.7:10000 --token TOKEN --node-name shop-17',
  ],
  run,
});

async function run(context: CommandContext, values: OptionValues<typeof options>): Promise<number> {
  const searchPath = withSystemPath(context.environment.PATH);
  const directory = resolve(context.workingDirectory, values.directory);
  const name = (values.nodeName ?? hostname()).toLowerCase();
  const wanted = { endpoint: context.positionals[0] ?? '', token: values.token, nodeName: name, directory };
  requirePossible(wanted);
  await prepareMachine(context, { ...values, directory }, searchPath);
  const machine = await joinMachine(context, wanted, { searchPath, foreignRuntime: values.runtimeEndpoint });
  if (!values.foreground && (await isSystemdMachine())) return startUnits(context, machine, searchPath);
  return stayInForeground(context, machine, { searchPath, values });
}

interface WantedNode {
  readonly endpoint: string;
  readonly token: string;
  readonly nodeName: string;
  readonly directory: string;
}

/** A token, address or name that can not be what it should be is told before anything is done to the machine. */
function requirePossible(wanted: WantedNode): void {
  try {
    planJoin(wanted);
  } catch (error) {
    if (!isFault(error, 'edgecore/config')) throw error;
    throw new UsageFault(error.message);
  }
}

/** Gets the certificate and writes what the node starts from; where that fails, a machine that was no node is as before. */
async function joinMachine(
  context: CommandContext,
  wanted: WantedNode,
  options: { readonly searchPath: string; readonly foreignRuntime: string | undefined },
): Promise<JoinedMachine> {
  const { directory, nodeName: name } = wanted;
  const previous = await readJoinedMachine(directory);
  const made = await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const folder of ['run', 'logs']) {
    await mkdir(joinPath(directory, folder), { recursive: true, mode: 0o700 });
  }
  const machine = await chooseMachine({ directory, name, previous, ...options });
  try {
    const settings = machineSettings(machine);
    await context.terminal.step('Certificate', () =>
      joinCloud({ ...wanted, settings, clock: systemClock, logger: silentLogger }),
    );
  } catch (error) {
    if (!previous && machine.network) await removeBridge(machine.network, options.searchPath);
    if (made !== undefined) await rm(made, { recursive: true, force: true });
    if (isFault(error, 'join/name-taken') && previous?.name === name) throw joinedAlready(context, previous);
    throw error;
  }
  writeJoinedMachine(machine);
  return machine;
}

function joinedAlready(context: CommandContext, machine: JoinedMachine): Fault {
  const { command } = edgecorePlan(machine, context.program);
  return new Fault('cli/joined', `this machine has joined as ${machine.name} already`, {
    hint: [
      `start it: ${command.join(' ')}`,
      `take it off this machine first: selvedge reset --directory ${machine.directory}`,
      `give it a new certificate, with a token for it: selvedge token create --node ${machine.name}`,
    ].join('\n  or '),
  });
}

interface PreparedValues {
  readonly directory: string;
  readonly runtimeEndpoint: string | undefined;
}

async function prepareMachine(
  context: CommandContext,
  values: PreparedValues,
  searchPath: string,
): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  requireShortPath(values.directory);
  const requirements =
    values.runtimeEndpoint === undefined ? [...edgeRequirements, ...sampleRequirements] : [];
  const missing = await missingRequirements(requirements, searchPath);
  if (missing.length > 0 && isRoot) {
    await context.terminal.step(`Installing ${missing.map((one) => one.package).join(', ')}`, (report) =>
      installRequirements(missing, { searchPath, isRoot, report, signal: context.signal }),
    );
  }
  const findings = await edgeFindings({
    isRoot,
    directory: values.directory,
    runtimeSocket: values.runtimeEndpoint,
    requirements,
    searchPath,
    nowMs: systemClock.now(),
  });
  requireNoFindings(findings);
}

interface ChosenMachine {
  readonly directory: string;
  readonly name: string;
  readonly searchPath: string;
  readonly foreignRuntime: string | undefined;
  readonly previous: JoinedMachine | undefined;
}

/** A machine that joins again keeps its pod network. */
async function chooseMachine(options: ChosenMachine): Promise<JoinedMachine> {
  const { directory, name, searchPath, foreignRuntime, previous } = options;
  if (foreignRuntime !== undefined) return { directory, name, foreignRuntime, network: '', podSubnet: '' };
  const known = previous?.network ? previous : undefined;
  const network = await takePodNetwork({ directory, previous: known, others: [], searchPath });
  return { directory, name, foreignRuntime, network: network.network, podSubnet: network.podSubnet };
}

function machineSettings(machine: JoinedMachine): Readonly<Record<string, string>> {
  if (machine.foreignRuntime === undefined) return edgecoreSettings(machine);
  const socket = machine.foreignRuntime.replace(/^unix:\/\//, '');
  return { runtimeEndpoint: `unix://${socket}`, podLogDirectory: joinPath(machine.directory, 'pod-logs') };
}

async function startUnits(
  context: CommandContext,
  machine: JoinedMachine,
  searchPath: string,
): Promise<number> {
  if (machine.foreignRuntime === undefined) {
    const plan = await writeContainerd(machine, searchPath);
    await installUnit('selvedge-containerd', {
      command: plan.command,
      description: 'containerd of the Selvedge edge agent',
    });
  }
  const { command } = edgecorePlan(machine, context.program);
  await installUnit('selvedge-edgecore', { command, description: 'Selvedge edge agent' });
  context.terminal.print(`Node ${machine.name} has joined. See: systemctl status selvedge-edgecore`);
  return exitCodes.done;
}

interface ForegroundOptions {
  readonly searchPath: string;
  readonly values: { readonly logLevel: string; readonly logFormat: string };
}

async function stayInForeground(
  context: CommandContext,
  machine: JoinedMachine,
  { searchPath, values }: ForegroundOptions,
): Promise<number> {
  const { terminal, signal } = context;
  const processes = machineProcesses(machine.directory, searchPath);
  if (machine.foreignRuntime === undefined) {
    await terminal.step('Container runtime', () =>
      startContainerd(machine, { processes, clock: systemClock, searchPath, signal }),
    );
  }
  terminal.print(`Node ${machine.name} has joined; ${runtimeSocket(machine)} runs its containers.`);
  terminal.print(`Ctrl-C stops the agent and leaves its containers running. To start it again:`);
  terminal.print(`  ${edgecorePlan(machine, context.program).command.join(' ')}`);
  const logger = createProgramLogger(context, values);
  return runUntilStopped(
    (started) => startEdgeCore({ directory: machine.directory, logger, signal: started }),
    context,
  );
}
