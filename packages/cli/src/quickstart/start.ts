// What `up` does: looks at the machine, starts what does not run, joins the edges, deploys the sample.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, Fault, isFault, silentLogger } from '@selvedge/base';
import type { Terminal } from '../command-line/terminal.ts';
import { startContainerd } from '../edge-machine/container-runtime.ts';
import { edgecorePlan } from '../edge-machine/edge-machine.ts';
import { takePodNetwork } from '../edge-machine/pod-network.ts';
import {
  clientRequirements,
  edgeRequirements,
  installRequirements,
  missingRequirements,
  type Requirement,
  sampleRequirements,
} from '../machine/debian-packages.ts';
import { findProgram } from '../machine/programs.ts';
import type { ProcessPlan, ProcessTable } from '../processes/process-table.ts';
import {
  applyFile,
  connectCluster,
  isAvailable,
  isClusterReady,
  notReadyNodes,
  pollUntil,
} from './cluster.ts';
import { type DataDirectory, prepareDataDirectory } from './data-directory.ts';
import { joinEdge } from './join-edge.ts';
import { edgeAbility, requireFreePorts } from './preflight.ts';
import { cloudcorePlan, controlplanePlan, type PlanOptions } from './process-plans.ts';
import { type EdgeSettings, edgeMachine, type Settings, writeSettings } from './settings.ts';

export interface StartOptions {
  readonly data: DataDirectory;
  readonly settings: Settings;
  readonly program: readonly string[];
  readonly processes: ProcessTable;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly searchPath: string;
  readonly isRoot: boolean;
  readonly signal: AbortSignal;
  /** The project's directory, which holds the sample. */
  readonly projectDirectory: string;
}

export interface Started {
  readonly settings: Settings;
  /** Why no edge was started although some are wanted. */
  readonly withoutEdges: string | undefined;
}

const cloudTimeoutMs = 60_000;
const nodeTimeoutMs = 60_000;
const sampleTimeoutMs = 90_000;

export async function startAll(options: StartOptions): Promise<Started> {
  const { data, terminal, processes } = options;
  await prepareDataDirectory(data);
  await requireFreePorts(options.settings, {
    controlplane: (await processes.find('controlplane'))?.pid !== undefined,
    cloudcore: (await processes.find('cloudcore'))?.pid !== undefined,
  });
  const withoutEdges = await prepareMachine(options);
  const edges = withoutEdges === undefined ? await chooseEdges(options) : [];
  const known = options.settings.edges.filter((edge) => !edges.some((other) => other.name === edge.name));
  const settings = { ...options.settings, edges: [...edges, ...known] };
  writeSettings(data, settings);
  if (withoutEdges !== undefined)
    terminal.note(`No edge node is started: ${withoutEdges}. The cloud runs alone.`);

  const within = { ...options, settings };
  const [, failure] = await Promise.all([startCloud(within), startRuntimes(within, edges)]);
  if (failure !== undefined) {
    terminal.note(`No edge node is started: containerd can not run here: ${failure}. The cloud runs alone.`);
    return { settings, withoutEdges: failure };
  }
  await startEdges(within, edges);
  await noteSurplusEdges(within);
  const hasSample = settings.hasSample || (edges.length > 0 && (await deploySample(within)));
  const finished = { ...settings, hasSample };
  writeSettings(data, finished);
  return { settings: finished, withoutEdges };
}

/** Installs what is missing; the answer is why edges can not run here, or nothing. */
async function prepareMachine(options: StartOptions): Promise<string | undefined> {
  const { settings, isRoot, searchPath } = options;
  if (settings.edgeCount === 0) {
    await install(options, clientRequirements).catch(() => noteMissingClient(options));
    return undefined;
  }
  const ability = await edgeAbility(isRoot);
  if (ability.kind === 'unable') {
    await noteMissingClient(options);
    return ability.reason;
  }
  const lacking = await installForEdges(options);
  if (lacking !== undefined) {
    await noteMissingClient(options);
    return lacking;
  }
  if ((await missingRequirements(clientRequirements, searchPath)).length > 0) {
    await install(options, clientRequirements).catch(() => noteMissingClient(options));
  }
  return undefined;
}

/** The answer is what could not be installed and why, or nothing. */
async function installForEdges(options: StartOptions): Promise<string | undefined> {
  try {
    await install(options, [...edgeRequirements, ...sampleRequirements]);
    return undefined;
  } catch (error) {
    if (options.signal.aborted) throw new Fault('cli/interrupted', 'interrupted');
    if (isFault(error)) return reasonOf(error);
    throw error;
  }
}

function reasonOf({ message, hint }: Fault): string {
  return [message, hint].filter((part) => part !== undefined).join('; ');
}

async function noteMissingClient({ searchPath, terminal }: StartOptions): Promise<void> {
  if (!(await findProgram('kubectl', searchPath)))
    terminal.note('There is no kubectl on PATH; install one of 1.27–1.33.');
}

async function install(options: StartOptions, requirements: readonly Requirement[]): Promise<void> {
  const { searchPath, isRoot, terminal, signal } = options;
  const missing = await missingRequirements(requirements, searchPath);
  if (missing.length === 0) return;
  const title = `Installing ${missing.map((one) => one.package).join(', ')}`;
  await terminal.step(title, (report) =>
    installRequirements(missing, { searchPath, isRoot, report, signal }),
  );
}

async function chooseEdges({ settings, searchPath, data }: StartOptions): Promise<EdgeSettings[]> {
  const edges: EdgeSettings[] = [];
  for (let index = 1; index <= settings.edgeCount; index++) {
    const name = `edge-${index}`;
    const previous = settings.edges.find((edge) => edge.name === name);
    const { directory } = edgeMachine(data, { name, network: '', podSubnet: '' });
    edges.push({ name, ...(await takePodNetwork({ directory, previous, others: edges, searchPath })) });
  }
  return edges;
}

async function startCloud(options: StartOptions): Promise<void> {
  const { terminal, data, clock, settings } = options;
  await terminal.step('Control plane', () =>
    ensure(options, controlplanePlan(plansOf(options)), () => isClusterReady(data.adminKubeconfig, clock)),
  );
  await terminal.step('Cloud', () =>
    ensure(options, cloudcorePlan(plansOf(options)), () => acceptsConnections(settings.hubPort)),
  );
}

function plansOf({ program, data, settings }: StartOptions): PlanOptions {
  return { program, data, settings };
}

/** Starts the process unless it runs, and waits until it is ready either way. */
async function ensure(
  options: StartOptions,
  plan: ProcessPlan,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const { processes, signal } = options;
  const found = await processes.find(plan.name);
  const record = found?.pid === undefined ? await processes.start(plan) : found.record;
  await processes.waitUntilReady(record, { isReady, timeoutMs: cloudTimeoutMs, signal });
}

async function acceptsConnections(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Resolves with the reason when containerd does not come up. */
async function startRuntimes(
  options: StartOptions,
  edges: readonly EdgeSettings[],
): Promise<string | undefined> {
  if (edges.length === 0) return undefined;
  const { processes, clock, searchPath, signal, data } = options;
  const context = { processes, clock, searchPath, signal };
  try {
    await options.terminal.step('Container runtime', async () => {
      for (const edge of edges) await startContainerd(edgeMachine(data, edge), context);
    });
    return undefined;
  } catch (error) {
    if (isFault(error) && error.code !== 'cli/interrupted') return reasonOf(error);
    throw error;
  }
}

async function startEdges(options: StartOptions, edges: readonly EdgeSettings[]): Promise<void> {
  if (edges.length === 0) return;
  const { terminal, data, clock, signal, settings, processes } = options;
  const title = edges.length === 1 ? 'Edge node edge-1' : `Edge nodes edge-1 to edge-${edges.length}`;
  await terminal.step(title, async () => {
    await using client = await connectCluster(data.adminKubeconfig, clock);
    for (const edge of edges) {
      const machine = edgeMachine(data, edge);
      await joinEdge({ edge: machine, hubPort: settings.hubPort, client, clock, logger: silentLogger });
      const plan = edgecorePlan(machine, options.program);
      if ((await processes.find(plan.name))?.pid === undefined) await processes.start(plan);
    }
    const names = edges.map((edge) => edge.name);
    await pollUntil(async () => (await notReadyNodes(client, names)).length === 0, {
      what: 'edge nodes ready',
      timeoutMs: nodeTimeoutMs,
      clock,
      signal,
      hint: `see ${join(data.logs, `edgecore-${names[0]}.log`)}, or run: selvedge status`,
    });
  });
}

/** `up` leaves what runs: also the edges that a smaller number does not want any more. */
async function noteSurplusEdges({ settings, processes, terminal }: StartOptions): Promise<void> {
  const running = new Set<string>();
  for (const { record, pid } of await processes.list()) if (pid !== undefined) running.add(record.name);
  const surplus = settings.edges
    .slice(settings.edgeCount)
    .filter(({ name }) => running.has(`edgecore-${name}`));
  if (surplus.length === 0) return;
  const names = surplus.map(({ name }) => name).join(', ');
  terminal.note(`${names}: still running; a smaller --edges takes effect after \`selvedge down\`.`);
}

async function deploySample(options: StartOptions): Promise<boolean> {
  const { terminal, data, clock, signal, projectDirectory } = options;
  const path = join(projectDirectory, 'examples/hello.yaml');
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return false;
  await terminal.step('Sample application', async () => {
    await using client = await connectCluster(data.adminKubeconfig, clock);
    const deployments = await applyFile(client, path);
    for (const name of deployments) {
      await pollUntil(() => isAvailable(client, name), {
        what: `deployment ${name} available`,
        timeoutMs: sampleTimeoutMs,
        clock,
        signal,
        hint: `kubectl --kubeconfig ${data.adminKubeconfig} describe pods`,
      });
    }
  });
  return true;
}
