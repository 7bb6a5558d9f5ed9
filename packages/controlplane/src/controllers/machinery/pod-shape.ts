// What scheduler and controllers read of a pod's spec: equal for all pods of one template, so one copy serves them all. Pure.

import {
  type Container,
  type PodSpec,
  parseQuantity,
  quantityToMilli,
  quantityToNumber,
  type Toleration,
} from '@selvedge/kubernetes';

/** cpu in thousandths of a core, everything else in whole units; `pods` is always one. */
export type ResourceAmounts = Readonly<Record<string, number>>;

export interface HostPort {
  readonly protocol: string;
  readonly ip: string;
  readonly port: number;
}

export interface NamedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

export interface PodShape {
  readonly requests: ResourceAmounts;
  /** Requests as scores count them: a container without any counts as 100m and 200Mi. */
  readonly scoredRequests: { readonly cpu: number; readonly memory: number };
  readonly ports: readonly NamedPort[];
  readonly hostPorts: readonly HostPort[];
  readonly hostNetwork: boolean;
  readonly hostname: string;
  readonly subdomain: string;
  readonly schedulerName: string;
  readonly priority: number;
  readonly preemptionPolicy: string;
  readonly restartPolicy: string;
  readonly nodeSelector: Readonly<Record<string, string>> | undefined;
  readonly affinity: PodSpec['affinity'];
  readonly tolerations: readonly Toleration[];
  readonly topologySpreadConstraints: PodSpec['topologySpreadConstraints'];
  readonly schedulingGates: readonly string[];
  /** The persistent volume claims that its volumes name. */
  readonly claims: readonly string[];
}

const defaultCpuMilli = 100;
const defaultMemoryBytes = 200 * 1024 * 1024;

export function shapeOfPodSpec(spec: PodSpec): PodShape {
  const requests = effectiveRequests(spec);
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  const gates = (spec as { schedulingGates?: { name: string }[] }).schedulingGates ?? [];
  return {
    requests,
    scoredRequests: scoredRequests(spec),
    ports: ports.map((port) => ({
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      port: port.containerPort,
    })),
    hostPorts: ports
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({
        protocol: port.protocol ?? 'TCP',
        ip: port.hostIP || '0.0.0.0',
        port: port.hostPort ?? 0,
      })),
    hostNetwork: spec.hostNetwork ?? false,
    hostname: spec.hostname ?? '',
    subdomain: spec.subdomain ?? '',
    schedulerName: spec.schedulerName ?? 'default-scheduler',
    priority: spec.priority ?? 0,
    preemptionPolicy: spec.preemptionPolicy ?? 'PreemptLowerPriority',
    restartPolicy: spec.restartPolicy ?? 'Always',
    nodeSelector: spec.nodeSelector,
    affinity: spec.affinity,
    tolerations: spec.tolerations ?? [],
    topologySpreadConstraints: spec.topologySpreadConstraints,
    schedulingGates: gates.map((gate) => gate.name),
    claims: (spec.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []),
  };
}

export function amountOf(resource: string, quantity: string | undefined): number {
  const parsed = quantity === undefined ? undefined : parseQuantity(quantity);
  if (!parsed) return 0;
  return resource === 'cpu' ? quantityToMilli(parsed) : quantityToNumber(parsed);
}

export function amountsOf(quantities: Readonly<Record<string, string>> | undefined): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (const [resource, quantity] of Object.entries(quantities ?? {})) {
    amounts[resource] = amountOf(resource, quantity);
  }
  return amounts;
}

/**
 * What a pod needs at its hungriest moment: all containers and sidecars together, or one init container beside the
 * sidecars started before it; and the overhead of its runtime class.
 */
function effectiveRequests(spec: PodSpec): ResourceAmounts {
  const running: Record<string, number> = {};
  for (const container of spec.containers) add(running, amountsOf(container.resources?.requests));
  const sidecars: Record<string, number> = {};
  const peak: Record<string, number> = {};
  for (const container of spec.initContainers ?? []) {
    const requests = amountsOf(container.resources?.requests);
    if (isSidecar(container)) {
      add(sidecars, requests);
      raise(peak, sidecars);
    } else {
      const together = { ...sidecars };
      add(together, requests);
      raise(peak, together);
    }
  }
  add(running, sidecars);
  raise(running, peak);
  add(running, amountsOf(spec.overhead));
  running.pods = 1;
  return running;
}

function isSidecar(container: Container): boolean {
  return (container as { restartPolicy?: string }).restartPolicy === 'Always';
}

function scoredRequests(spec: PodSpec): { cpu: number; memory: number } {
  const total = { cpu: 0, memory: 0 };
  for (const container of spec.containers) {
    const requests = amountsOf(container.resources?.requests);
    total.cpu += requests.cpu ?? defaultCpuMilli;
    total.memory += requests.memory ?? defaultMemoryBytes;
  }
  return total;
}

function add(total: Record<string, number>, more: ResourceAmounts): void {
  for (const [resource, amount] of Object.entries(more)) total[resource] = (total[resource] ?? 0) + amount;
}

function raise(total: Record<string, number>, least: ResourceAmounts): void {
  for (const [resource, amount] of Object.entries(least)) {
    total[resource] = Math.max(total[resource] ?? 0, amount);
  }
}
