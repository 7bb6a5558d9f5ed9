// Whether this node can take a pod at all: kernel settings, resources, number of pods, labels, host ports, system. Pure.

import type { Node } from '@selvedge/kubernetes';
import type { NodeAllocatable } from '../containers/field-path.ts';
import { podRequests } from '../containers/resources.ts';
import { matchesNode } from './node-affinity.ts';
import { type EdgePod, specOf } from './pod-spec.ts';
import { sysctlProblem } from './sysctls.ts';

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

const nodeOs = 'linux';
const osLabel = 'kubernetes.io/os';

/** The first of a kubelet's checks that the pod fails, in a kubelet's order. */
export function admit(input: AdmissionInput): Rejection | undefined {
  return sysctls(input) ?? resources(input) ?? placement(input) ?? operatingSystem(input);
}

function sysctls({ pod }: AdmissionInput): Rejection | undefined {
  const message = sysctlProblem(pod);
  return message === undefined ? undefined : { reason: 'SysctlForbidden', message };
}

function resources({ pod, others, allocatable, maxPods }: AdmissionInput): Rejection | undefined {
  if (others.length + 1 > maxPods) return lack('pods', 1, others.length, maxPods);
  const wanted = podRequests(pod);
  const used = others.map(podRequests);
  const cpu = used.reduce((sum, item) => sum + item.cpuMilli, 0);
  const memory = used.reduce((sum, item) => sum + item.memoryBytes, 0);
  const { cpuMilli, memoryBytes } = allocatable;
  if (wanted.cpuMilli > 0 && cpu + wanted.cpuMilli > cpuMilli)
    return lack('cpu', wanted.cpuMilli, cpu, cpuMilli);
  if (wanted.memoryBytes > 0 && memory + wanted.memoryBytes > memoryBytes) {
    return lack('memory', wanted.memoryBytes, memory, memoryBytes);
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

function placement({ pod, others, node }: AdmissionInput): Rejection | undefined {
  if (node && !matchesNode(pod, node)) {
    const text = "node(s) didn't match Pod's node affinity/selector";
    return { reason: 'NodeAffinity', message: `Predicate NodeAffinity failed: ${text}` };
  }
  const taken = others.flatMap(hostPorts);
  if (hostPorts(pod).some((port) => taken.some((other) => collide(port, other)))) {
    const text = "node(s) didn't have free ports for the requested pod ports";
    return { reason: 'NodePorts', message: `Predicate NodePorts failed: ${text}` };
  }
  return undefined;
}

interface HostPort {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
}

const everyAddress = '0.0.0.0';

function hostPorts(pod: EdgePod): HostPort[] {
  return specOf(pod).containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol = 'TCP' }) =>
      hostPort ? [{ protocol, address: hostIP || everyAddress, port: hostPort }] : [],
    ),
  );
}

function collide(one: HostPort, other: HostPort): boolean {
  if (one.protocol !== other.protocol || one.port !== other.port) return false;
  return [one.address, other.address].includes(everyAddress) || one.address === other.address;
}

function operatingSystem({ pod }: AdmissionInput): Rejection | undefined {
  const labelled = pod.metadata.labels?.[osLabel];
  if (labelled !== undefined && labelled !== nodeOs) {
    const message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
    return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message };
  }
  const wanted = specOf(pod).os?.name;
  if (wanted !== undefined && wanted !== nodeOs) {
    const message = "Failed to admit pod as the OS field doesn't match node OS";
    return { reason: 'PodOSNotSupported', message };
  }
  return undefined;
}
