// What was chosen for a data directory: ports, address and edges; a later `up` goes on with it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@selvedge/base';
import { writeFileDurably } from '@selvedge/base/durable-file';
import type { EdgeMachine } from '../edge-machine/edge-machine.ts';
import type { PodNetwork } from '../edge-machine/pod-network.ts';
import type { DataDirectory } from './data-directory.ts';

export interface EdgeSettings extends PodNetwork {
  readonly name: string;
}

export interface Settings {
  readonly apiPort: number;
  readonly hubPort: number;
  readonly advertise: string | undefined;
  /** How many of the edges are wanted. */
  readonly edgeCount: number;
  /** Every edge that was ever made here. */
  readonly edges: readonly EdgeSettings[];
  /** Whether the sample has been deployed: it is once only, so that deleting it lasts. */
  readonly hasSample: boolean;
}

export const defaultSettings: Settings = {
  apiPort: 6443,
  hubPort: 10_000,
  advertise: undefined,
  edgeCount: 1,
  edges: [],
  hasSample: false,
};

export async function readSettings(data: DataDirectory): Promise<Settings> {
  const text = await readFile(data.settings, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw broken(data, error);
  });
  if (text === undefined) return defaultSettings;
  try {
    const parsed: unknown = JSON.parse(text);
    const settings = { ...defaultSettings, ...(parsed as Settings) };
    if (parsed !== null && isSettings(settings)) return settings;
  } catch (cause) {
    throw broken(data, cause);
  }
  throw broken(data, undefined);
}

export function writeSettings(data: DataDirectory, settings: Settings): void {
  writeFileDurably(data.settings, `${JSON.stringify(settings, null, 2)}\n`);
}

function isSettings(value: Settings): boolean {
  const isPort = (port: unknown) => Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
  return (
    isPort(value.apiPort) &&
    isPort(value.hubPort) &&
    Number.isInteger(value.edgeCount) &&
    Array.isArray(value.edges) &&
    value.edges.every((edge) =>
      [edge.name, edge.network, edge.podSubnet].every((text) => typeof text === 'string'),
    )
  );
}

function broken(data: DataDirectory, cause: unknown): Fault {
  return new Fault('preflight/data-dir', `${data.settings} can not be read: the data directory is broken`, {
    cause,
    hint: `move ${data.root} away, or choose another place with --data-dir`,
  });
}

export function edgeMachine(data: DataDirectory, edge: EdgeSettings): EdgeMachine {
  return { ...edge, directory: join(data.edges, edge.name) };
}
