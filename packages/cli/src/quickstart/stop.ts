// What `down` does: stops edges, their containers, the cloud and the control plane, in this order, and keeps their state.

import type { Clock } from '@selvedge/base';
import type { Terminal } from '../command-line/terminal.ts';
import { stopContainerd } from '../edge-machine/container-runtime.ts';
import type { ProcessTable } from '../processes/process-table.ts';
import type { DataDirectory } from './data-directory.ts';
import { type EdgeSettings, edgeMachine, type Settings } from './settings.ts';

export interface StopOptions {
  readonly data: DataDirectory;
  readonly settings: Settings;
  readonly processes: ProcessTable;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly searchPath: string;
  readonly signal: AbortSignal;
}

const drainMs = 10_000;

/** Also takes away what processes left that were killed; the answer is whether anything ran. */
export async function stopAll(options: StopOptions): Promise<boolean> {
  const { processes, settings, terminal } = options;
  const states = await processes.list();
  const running = new Set(states.filter(({ pid }) => pid !== undefined).map(({ record }) => record.name));
  const step = (title: string, names: readonly string[], work: () => Promise<void>) =>
    names.some((name) => running.has(name)) ? terminal.step(title, work) : work();

  for (const edge of settings.edges) {
    const names = [`edgecore-${edge.name}`, `containerd-${edge.name}`];
    await step(`Stopping ${edge.name}`, names, () => stopEdge(options, edge));
  }
  for (const [name, title] of [
    ['cloudcore', 'Stopping the cloud'],
    ['controlplane', 'Stopping the control plane'],
  ] as const) {
    await step(title, [name], () => processes.stop(name, drainMs));
  }
  for (const { record, pid } of await processes.list()) {
    if (pid === undefined) await processes.forget(record.name);
  }
  return running.size > 0;
}

async function stopEdge(options: StopOptions, edge: EdgeSettings): Promise<void> {
  const { processes, data, clock, searchPath, signal } = options;
  await processes.stop(`edgecore-${edge.name}`, drainMs);
  await stopContainerd(edgeMachine(data, edge), { processes, clock, searchPath, signal });
}
