// `selvedge manifests`: prints what cloudcore needs on an existing cluster: KubeEdge's CRDs and the least rights.

import { customResourceDefinitions } from '@selvedge/apis';
import { cloudcoreManifests } from '@selvedge/cloudcore';
import { YAML } from 'bun';
import { defineCommand } from '../command-line/command.ts';
import { exitCodes } from '../command-line/exit-codes.ts';
import { outputOption } from '../command-line/option-table.ts';

const options = {
  output: outputOption,
  user: {
    type: 'string',
    placeholder: 'NAME',
    doc: 'the user that cloudcore signs in as; a ServiceAccount of its own unless given',
  },
} as const;

export const manifests = defineCommand({
  summary: 'Print what an existing cluster needs for cloudcore',
  details:
    "KubeEdge's CRDs, namespace kubeedge, and roles that allow cloudcore what it does and nothing else.",
  options,
  examples: ['selvedge manifests | kubectl apply --server-side -f -'],
  async run({ terminal }, { output, user }) {
    const rights =
      user === undefined ? cloudcoreManifests() : cloudcoreManifests({ kind: 'User', name: user });
    const objects = [...rights, ...customResourceDefinitions()];
    if (output === 'json') {
      terminal.print(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, null, 2));
    } else {
      terminal.print(objects.map((object) => YAML.stringify(object, null, 2)).join('\n---\n'));
    }
    return exitCodes.done;
  },
});
