// What the token commands share: which cluster they speak to.

import { resolve } from 'node:path';
import { systemClock } from '@selvedge/base';
import type { CommandContext } from '../../command-line/command.ts';
import type { OptionTable } from '../../command-line/option-table.ts';
import { type ClusterClient, connectCluster } from '../../quickstart/cluster.ts';
import { dataDirectory, requireDataDirectory } from '../../quickstart/data-directory.ts';
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

export async function connect(
  context: CommandContext,
  { dataDir, kubeconfig }: ClusterValues,
): Promise<ClusterClient> {
  if (kubeconfig !== undefined) {
    return connectCluster(resolve(context.workingDirectory, kubeconfig), systemClock);
  }
  const data = dataDirectory(dataDir, context.workingDirectory);
  await requireDataDirectory(data, 'name another with --data-dir, or the cluster with --kubeconfig');
  return connectCluster(data.adminKubeconfig, systemClock);
}
