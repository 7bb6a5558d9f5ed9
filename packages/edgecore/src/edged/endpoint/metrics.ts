// What the endpoint tells monitoring: counts of pods and containers, and their use of processor and memory.

import type { EdgedContext } from '../edged-context.ts';
import { namespaceOf } from '../pods/pod-spec.ts';
import type { Summary } from './stats-summary.ts';

/** The node's pods with the status that it reports. */
export function podList({ store }: EdgedContext): object {
  const items = store.pods().map((pod) => {
    const known = store.podStatus(namespaceOf(pod), pod.metadata.name);
    return known?.uid === pod.metadata.uid ? { ...pod, status: known.status } : pod;
  });
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items };
}

export function prometheusMetrics({ cache }: EdgedContext): string {
  const pods = cache.pods();
  const states = new Map<string, number>();
  for (const { state } of pods.flatMap(({ containers }) => containers))
    states.set(state, (states.get(state) ?? 0) + 1);
  const running = pods.filter(({ sandboxes }) => sandboxes.some(({ ready }) => ready)).length;
  const containers = [...states].map(([state, count]) => [`container_state="${state}"`, count] as const);
  return [
    gauge('kubelet_running_pods', 'Number of pods that have a running pod sandbox', [['', running]]),
    gauge('kubelet_running_containers', 'Number of containers by state', containers),
    gauge('process_resident_memory_bytes', 'Resident memory of the agent', [['', process.memoryUsage.rss()]]),
  ].join('');
}

export function resourceMetrics({ node, pods }: Summary): string {
  const seconds = (nanoseconds: number) => nanoseconds / 1e9;
  const each = (value: (container: Summary['pods'][number]['containers'][number]) => number) =>
    pods.flatMap(({ podRef, containers }) =>
      containers.map((container) => {
        const labels = `container="${container.name}",namespace="${podRef.namespace}",pod="${podRef.name}"`;
        return [labels, value(container)] as const;
      }),
    );
  const perPod = (value: (pod: Summary['pods'][number]) => number) =>
    pods.map((pod) => [`namespace="${pod.podRef.namespace}",pod="${pod.podRef.name}"`, value(pod)] as const);
  const cpu = 'Cumulative processor time in core-seconds';
  const memory = 'Current working set in bytes';
  return [
    counter('node_cpu_usage_seconds_total', cpu, [['', seconds(node.cpu.usageCoreNanoSeconds)]]),
    gauge('node_memory_working_set_bytes', memory, [['', node.memory.workingSetBytes]]),
    counter(
      'container_cpu_usage_seconds_total',
      cpu,
      each((item) => seconds(item.cpu.usageCoreNanoSeconds)),
    ),
    gauge(
      'container_memory_working_set_bytes',
      memory,
      each((item) => item.memory.workingSetBytes),
    ),
    gauge(
      'container_start_time_seconds',
      'Start time since the epoch',
      each((item) => Date.parse(item.startTime) / 1_000),
    ),
    counter(
      'pod_cpu_usage_seconds_total',
      cpu,
      perPod((pod) => seconds(pod.cpu.usageCoreNanoSeconds)),
    ),
    gauge(
      'pod_memory_working_set_bytes',
      memory,
      perPod((pod) => pod.memory.workingSetBytes),
    ),
    gauge('resource_scrape_error', '1 if there was an error while getting these, 0 otherwise', [['', 0]]),
  ].join('');
}

type Samples = readonly (readonly [labels: string, value: number])[];

function gauge(name: string, help: string, samples: Samples): string {
  return family('gauge', name, help, samples);
}

function counter(name: string, help: string, samples: Samples): string {
  return family('counter', name, help, samples);
}

function family(type: string, name: string, help: string, samples: Samples): string {
  const lines = samples.map(([labels, value]) => `${name}${labels ? `{${labels}}` : ''} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
