// One edge node on this machine, for `up` and `join`: its directory, its own containerd, its pod network.

import { join } from 'node:path';
import { type Clock, Fault } from '@selvedge/base';
import { containerdPaths } from '@selvedge/edgecore/runtime-setup';
import type { ProcessPlan, ProcessTable } from '../processes/process-table.ts';

export interface EdgeMachine {
  readonly name: string;
  readonly directory: string;
  /** Name of the pod network and of its bridge: unique on the machine. */
  readonly network: string;
  readonly podSubnet: string;
}

export interface EdgeMachineContext {
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly searchPath: string;
  readonly signal: AbortSignal;
}

export function containerdDirectory(edge: EdgeMachine): string {
  return join(edge.directory, 'containerd');
}

export function runtimeSocket(edge: EdgeMachine): string {
  return containerdPaths(containerdDirectory(edge)).socket;
}

export function containerdPlan(edge: EdgeMachine, containerd: string): ProcessPlan {
  const { config } = containerdPaths(containerdDirectory(edge));
  return { name: `containerd-${edge.name}`, node: edge.name, command: [containerd, '--config', config] };
}

export function edgecorePlan(edge: EdgeMachine, program: readonly string[]): ProcessPlan {
  const command = [...program, 'edgecore', '--directory', edge.directory];
  return { name: `edgecore-${edge.name}`, node: edge.name, command };
}

/** Options of edgecore.json that follow from where the edge lies. */
export function edgecoreSettings(edge: EdgeMachine): Readonly<Record<string, string>> {
  return {
    runtimeEndpoint: `unix://${runtimeSocket(edge)}`,
    podLogDirectory: join(edge.directory, 'pod-logs'),
    podSubnet: edge.podSubnet,
  };
}

/** A unix socket's path holds 107 bytes, and containerd makes a second one with a longer name. */
const maxSocketPath = 107;

export function requireShortPath(edgeDirectory: string): void {
  const longest = join(edgeDirectory, 'containerd', 'containerd.sock.ttrpc');
  if (Buffer.byteLength(longest) <= maxSocketPath) return;
  throw new Fault('preflight/data-dir', `${edgeDirectory} is too long a path for the sockets below it`, {
    hint: 'choose a shorter directory',
  });
}
