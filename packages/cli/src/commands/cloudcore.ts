// `selvedge cloudcore`: runs the cloud beside a Kubernetes API, the embedded one or any other.

import { resolve } from 'node:path';
import {
  type CloudCoreConfig,
  cloudCoreDefaults,
  cloudCoreOptions,
  parseCloudCoreOption,
  startCloudCore,
} from '@selvedge/cloudcore';
import { defineCommand } from '../command-line/command.ts';
import { UsageFault } from '../command-line/usage-fault.ts';
import { givenOptions, programOptions } from './program-options.ts';
import { createProgramLogger, logOptions, runUntilStopped } from './run-program.ts';

export const cloudcore = defineCommand({
  summary: 'Run the cloud beside a Kubernetes API',
  details: [
    'Edges connect to --hub-port P (mutual TLS), machines join on P+2, the API server reaches the edges on P+3, and',
    'metrics are on P+5 of loopback. `selvedge manifests` prints what an existing cluster needs first.',
  ].join('\n'),
  options: { ...programOptions(cloudCoreOptions, cloudCoreDefaults), ...logOptions },
  examples: ['selvedge cloudcore --kubeconfig ~/.kube/config --advertise cloud.example.org'],
  async run(context, values) {
    const given = givenOptions(cloudCoreOptions, values, parseCloudCoreOption) as Partial<CloudCoreConfig>;
    if (given.kubeconfig === undefined) throw new UsageFault('--kubeconfig FILE is missing');
    const kubeconfig = resolve(context.workingDirectory, given.kubeconfig);
    const logger = createProgramLogger(context, values);
    return runUntilStopped((signal) => startCloudCore({ ...given, kubeconfig, logger, signal }), context);
  },
});
