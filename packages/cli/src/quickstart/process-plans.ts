// The command lines of the control plane and the cloud: each can be run again alone, from any directory.

import { join } from 'node:path';
import type { ProcessPlan } from '../processes/process-table.ts';
import type { DataDirectory } from './data-directory.ts';
import type { Settings } from './settings.ts';

export interface PlanOptions {
  /** The arguments that start this program again, without a command. */
  readonly program: readonly string[];
  readonly data: DataDirectory;
  readonly settings: Settings;
}

export function controlplanePlan({ program, data, settings }: PlanOptions): ProcessPlan {
  const command = [
    ...program,
    'controlplane',
    ...['--data-dir', data.controlplane],
    ...['--port', String(settings.apiPort)],
    ...['--admin-kubeconfig', data.adminKubeconfig],
    ...advertise(settings),
  ];
  return { name: 'controlplane', node: undefined, command };
}

export function cloudcorePlan({ program, data, settings }: PlanOptions): ProcessPlan {
  const command = [
    ...program,
    'cloudcore',
    ...['--kubeconfig', join(data.controlplane, 'cloudcore.kubeconfig')],
    ...['--hub-port', String(settings.hubPort)],
    ...advertise(settings),
  ];
  return { name: 'cloudcore', node: undefined, command };
}

function advertise({ advertise }: Settings): string[] {
  return advertise === undefined ? [] : ['--advertise', advertise];
}
