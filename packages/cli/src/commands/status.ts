// `selvedge status`: the processes of a data directory and what the cloud knows of its edge nodes.

import { systemClock } from '@selvedge/base';
import { defineCommand } from '../command-line/command.ts';
import { exitCodes } from '../command-line/exit-codes.ts';
import { outputOption } from '../command-line/option-table.ts';
import { formatTable } from '../command-line/terminal.ts';
import type { ProcessState } from '../processes/process-table.ts';
import { dataDirectory, requireDataDirectory } from '../quickstart/data-directory.ts';
import { type NodeStatuses, nodeStatuses } from '../quickstart/node-status.ts';
import { dataDirectoryOption, openProcesses } from '../quickstart/open.ts';
import { edgeMachine, readSettings } from '../quickstart/settings.ts';

export const status = defineCommand({
  summary: 'Show the processes and the edge nodes',
  details:
    'Processes are shown also when the control plane does not answer; each can be started again by its command.',
  options: { dataDir: dataDirectoryOption, output: outputOption },
  async run(context, { dataDir, output }) {
    const data = dataDirectory(dataDir, context.workingDirectory);
    await requireDataDirectory(data);
    const processes = await openProcesses(data, context).list();
    const { edges, hubPort } = await readSettings(data);
    const statuses = await nodeStatuses({
      kubeconfig: data.adminKubeconfig,
      hubPort,
      edges: edges.map((edge) => ({
        ...edgeMachine(data, edge),
        isRunning: isRunning(processes, edge.name),
      })),
      clock: systemClock,
    });
    context.terminal.print(output === 'json' ? asJson(processes, statuses) : asText(processes, statuses));
    return exitCodes.done;
  },
});

function isRunning(processes: readonly ProcessState[], node: string): boolean {
  return processes.some(({ record, pid }) => record.name === `edgecore-${node}` && pid !== undefined);
}

function asJson(processes: readonly ProcessState[], statuses: NodeStatuses): string {
  const answer = {
    processes: processes.map(({ record, pid }) => ({
      name: record.name,
      node: record.node ?? null,
      pid: pid ?? null,
      command: record.command,
      log: record.log,
    })),
    ...statuses,
  };
  return JSON.stringify(answer, null, 2);
}

function asText(processes: readonly ProcessState[], { controlPlaneAnswers, nodes }: NodeStatuses): string {
  const processRows = processes.map(({ record, pid }) => [
    record.name,
    record.node ?? '-',
    pid === undefined ? 'stopped' : String(pid),
    record.log,
  ]);
  const nodeRows = nodes.map((node) => [
    node.name,
    node.ready ? 'Ready' : controlPlaneAnswers ? 'NotReady' : 'Unknown',
    node.link.since === null ? node.link.state : `${node.link.state} since ${node.link.since}`,
    node.pods === null ? '-' : `${node.pods.running}/${node.pods.wanted}`,
    node.pendingDeliveries === null ? '-' : String(node.pendingDeliveries),
  ]);
  const parts = [
    formatTable(['PROCESS', 'NODE', 'PID', 'LOG'], processRows),
    formatTable(['NODE', 'STATUS', 'LINK', 'PODS', 'PENDING'], nodeRows),
    ...(controlPlaneAnswers ? [] : ['The control plane does not answer.']),
  ];
  return parts.join('\n\n');
}
