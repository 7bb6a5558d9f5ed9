// What the token commands share: which cluster they speak to.

import { resolve } from 'node:path';
import { systemClock } from '@selvedge/base';
import type { CommandContext } from '../../command-line/command.ts';
import type { OptionTable } from '../../command-line/option-table.ts';
import { type ClusterClient, connectCluster } from '../../quickstart/cluster.ts';
import { dataDirectory } from '../../quickstart/data-directory.ts';
import { dataDirectoryOption } from '../../quickstart/open.ts';

export const clusterOptions = {
  dataDir: dataDirectoryOption,
  kubeconfig: {
    type: 'string',
    placeholder: 'FILE',
    doc: "the cluster's kubeconfig; that of the data directory unless given",
  },
} as const satisfies OptionTable;

export interface ClusterValues {
  readonly dataDir: string;
  readonly kubeconfig: string | undefined;
}

export function connect(
  context: CommandContext,
  { dataDir, kubeconfig }: ClusterValues,
): Promise<ClusterClient> {
  const file =
    kubeconfig === undefined
      ? dataDirectory(dataDir, context.workingDirectory).adminKubeconfig
      : resolve(context.workingDirectory, kubeconfig);
  return connectCluster(file, systemClock);
}
