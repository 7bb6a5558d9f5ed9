// What `up` prints when everything runs: what a person would type next.

import { relative } from 'node:path';
import type { CommandContext } from '../command-line/command.ts';
import { findProgram } from '../machine/programs.ts';
import type { DataDirectory } from './data-directory.ts';
import type { Settings } from './settings.ts';
import type { Started } from './start.ts';

export interface NextSteps {
  readonly data: DataDirectory;
  readonly started: Started;
  /** As `callableAs` says. */
  readonly program: string;
  readonly isDetached: boolean;
}

/** How this program is called from here: by its name where PATH has it, or else by its path. */
export async function callableAs({
  program,
  environment,
  workingDirectory,
}: CommandContext): Promise<string> {
  const [path = 'selvedge'] = program;
  if ((await findProgram('selvedge', environment.PATH ?? '')) !== undefined) return 'selvedge';
  const near = relative(workingDirectory, path);
  return near.startsWith('..') ? path : near;
}

export function nextSteps({ data, started, program, isDetached }: NextSteps): string {
  const { settings, withoutEdges } = started;
  const hasEdges = settings.edgeCount > 0 && withoutEdges === undefined;
  const place = data.isDefault ? '' : ` --data-dir ${data.root}`;
  return [
    '',
    `The cluster is ready. Its kubeconfig is ${data.adminKubeconfig}. Type:`,
    '',
    `  export KUBECONFIG=${data.adminKubeconfig}`,
    '  kubectl get nodes',
    ...(hasEdges ? sampleSteps : [cloudStep(settings, `${program} %${place}`)]),
    '',
    isDetached
      ? `It goes on running. To stop it: ${program} down${place}. To look at it: ${program} status${place}`
      : 'Ctrl-C stops it.',
  ].join('\n');
}

const sampleSteps = [
  '  kubectl get pods -A -o wide',
  '  kubectl logs deployment/hello',
  '  kubectl exec deployment/hello -- hostname',
];

/** `command` has `%` where its word stands. */
function cloudStep({ advertise, hubPort }: Settings, command: string): string {
  if (advertise === undefined) {
    const down = command.replace('%', 'down');
    const up = command.replace('%', 'up --detach --advertise ADDRESS');
    return `\nTo let other machines join: ${down}, then ${up}`;
  }
  const host = advertise.includes(':') ? `[${advertise}]` : advertise;
  return [
    `  ${command.replace('%', 'token create')}`,
    '',
    `Then, on another machine: selvedge join ${host}:${hubPort} --token TOKEN`,
  ].join('\n');
}
