// What `join` remembers of a machine beside edgecore's own configuration, so that `reset` finds all of it again.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, systemClock } from '@selvedge/base';
import { writeFileDurably } from '@selvedge/base/durable-file';
import { ProcessTable } from '../processes/process-table.ts';
import type { EdgeMachine } from './edge-machine.ts';

export interface JoinedMachine extends EdgeMachine {
  /** The CRI socket of a runtime that is not ours; undefined where the edge has a containerd of its own. */
  readonly foreignRuntime: string | undefined;
}

function machinePath(directory: string): string {
  return join(directory, 'machine.json');
}

/** Undefined when nothing has joined from this directory. */
export async function readJoinedMachine(directory: string): Promise<JoinedMachine | undefined> {
  const path = machinePath(directory);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return { ...(JSON.parse(text) as JoinedMachine), directory };
  } catch (cause) {
    throw new Fault('cli/machine-file', `${path} can not be read`, {
      cause,
      hint: 'remove it and join again',
    });
  }
}

export function writeJoinedMachine(machine: JoinedMachine): void {
  writeFileDurably(machinePath(machine.directory), `${JSON.stringify(machine, null, 2)}\n`);
}

export function machineProcesses(directory: string, searchPath: string): ProcessTable {
  const data = { root: directory, run: join(directory, 'run'), logs: join(directory, 'logs') };
  return new ProcessTable({ data, clock: systemClock, searchPath });
}
