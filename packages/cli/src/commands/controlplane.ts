// `selvedge controlplane`: runs the embedded Kubernetes control plane.

import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { customResourceDefinitions } from '@selvedge/apis';
import { Fault } from '@selvedge/base';
import { cloudcoreManifests } from '@selvedge/cloudcore';
import {
  type ControlPlaneConfig,
  controlPlaneDefaults,
  controlPlaneFlags,
  startControlPlane,
} from '@selvedge/controlplane';
import { defineCommand } from '../command-line/command.ts';
import { UsageFault } from '../command-line/usage-fault.ts';
import { givenOptions, type ProgramOption, programOptions } from './program-options.ts';
import { createProgramLogger, logOptions, runUntilStopped } from './run-program.ts';

const rows = controlPlaneFlags.map(({ option, type, range, doc }) => ({
  key: option,
  type,
  doc,
  ...(range ? { min: range[0], max: range[1] } : {}),
}));

const defaultDataDir = '.selvedge/controlplane';

/** Who cloudcore is on the embedded control plane: the subject of the certificate in cloudcore.kubeconfig. */
const cloudcoreUser = { kind: 'User', name: 'system:cloudcore' } as const;

export const controlplane = defineCommand({
  summary: 'Run the embedded Kubernetes control plane',
  details: 'API server, scheduler and controllers; everything that they know lies in the data directory.',
  options: { ...programOptions(rows, { ...controlPlaneDefaults, dataDir: defaultDataDir }), ...logOptions },
  examples: ['selvedge controlplane --data-dir /var/lib/selvedge/controlplane --port 6443'],
  async run(context, values) {
    const given = givenOptions(rows, values, parseValue) as Partial<ControlPlaneConfig>;
    const logger = createProgramLogger(context, values);
    const dataDir = resolve(context.workingDirectory, given.dataDir ?? defaultDataDir);
    await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
      throw new Fault('preflight/data-dir', `${dataDir} can not be made`, {
        cause,
        hint: 'choose another place with --data-dir',
      });
    });
    const definitions = customResourceDefinitions().map((definition) => ({ ...definition }));
    const objects = [...definitions, ...cloudcoreManifests(cloudcoreUser)];
    return runUntilStopped(
      (signal) => startControlPlane({ ...given, dataDir, logger, objects, signal }),
      context,
    );
  },
});

function parseValue(row: ProgramOption, text: string): string | number | boolean | string[] {
  const { key, type, min = 0, max = Number.MAX_SAFE_INTEGER } = row;
  if (type === 'list') return text.split(',').filter((part) => part !== '');
  if (type === 'boolean') return text === 'true';
  if (type !== 'integer') return text;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageFault(`--${key} must be a whole number from ${min} to ${max}`);
  }
  return value;
}
