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

export async function stopAll(options: StopOptions): Promise<void> {
  const { processes, settings, terminal } = options;
  for (const edge of settings.edges) {
    await terminal.step(`Stopping ${edge.name}`, () => stopEdge(options, edge));
  }
  await terminal.step('Stopping the cloud', () => processes.stop('cloudcore', drainMs));
  await terminal.step('Stopping the control plane', () => processes.stop('controlplane', drainMs));
  for (const { record, pid } of await processes.list()) {
    if (pid === undefined) await processes.forget(record.name);
  }
}

async function stopEdge(options: StopOptions, edge: EdgeSettings): Promise<void> {
  const { processes, data, clock, searchPath, signal } = options;
  await processes.stop(`edgecore-${edge.name}`, drainMs);
  await stopContainerd(edgeMachine(data, edge), { processes, clock, searchPath, signal });
}
