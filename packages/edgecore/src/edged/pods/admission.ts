// Whether this node can take a pod at all: its resources, number of pods, labels and host ports. Pure.

import type { Node } from '@selvedge/kubernetes';
import type { NodeAllocatable } from '../containers/field-path.ts';
import { podRequests } from '../containers/resources.ts';
import { matchesNode } from './node-affinity.ts';
import { type EdgePod, specOf } from './pod-spec.ts';

export interface AdmissionInput {
  readonly pod: EdgePod;
  /** The pods already taken that have not ended. */
  readonly others: readonly EdgePod[];
  readonly node: Node | undefined;
  readonly allocatable: NodeAllocatable;
  readonly maxPods: number;
}

export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

export function admit(input: AdmissionInput): Rejection | undefined {
  const { pod, others, node } = input;
  if (node && !matchesNode(pod, node)) {
    const text = "node(s) didn't match Pod's node affinity/selector";
    return { reason: 'NodeAffinity', message: `Predicate NodeAffinity failed: ${text}` };
  }
  if (others.length + 1 > input.maxPods) return lack('pods', 1, others.length, input.maxPods);
  const wanted = podRequests(pod);
  const used = others.map(podRequests);
  const cpu = used.reduce((sum, item) => sum + item.cpuMilli, 0);
  const memory = used.reduce((sum, item) => sum + item.memoryBytes, 0);
  const { cpuMilli, memoryBytes } = input.allocatable;
  if (wanted.cpuMilli > 0 && cpu + wanted.cpuMilli > cpuMilli)
    return lack('cpu', wanted.cpuMilli, cpu, cpuMilli);
  if (wanted.memoryBytes > 0 && memory + wanted.memoryBytes > memoryBytes) {
    return lack('memory', wanted.memoryBytes, memory, memoryBytes);
  }
  const taken = new Set(others.flatMap(hostPorts));
  if (hostPorts(pod).some((port) => taken.has(port))) {
    const text = "node(s) didn't have free ports for the requested pod ports";
    return { reason: 'NodePorts', message: `Predicate NodePorts failed: ${text}` };
  }
  return undefined;
}

function lack(resource: string, requested: number, used: number, capacity: number): Rejection {
  const text = `Node didn't have enough resource: ${resource}`;
  return {
    reason: `OutOf${resource}`,
    message: `${text}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}

/** `protocol/address/port`; an address of all is its own, as most pods write none. */
function hostPorts(pod: EdgePod): string[] {
  return specOf(pod).containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol = 'TCP' }) =>
      hostPort ? [`${protocol}/${hostIP && hostIP !== '0.0.0.0' ? hostIP : '*'}/${hostPort}`] : [],
    ),
  );
}
