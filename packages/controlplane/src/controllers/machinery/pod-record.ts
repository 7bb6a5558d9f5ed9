// What the manager keeps of each pod: a flat record of what scheduler and controllers read, equal parts shared.
// Invariant: records are never changed; a pod's change makes a new one.

import type { OwnerReference, Pod, Stored } from '@selvedge/kubernetes';
import { Interner } from './interner.ts';
import type { Labels } from './label-selector.ts';
import { type PodShape, shapeOfPodSpec } from './pod-shape.ts';

export interface PodRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Labels;
  readonly owners: readonly OwnerReference[];
  readonly finalizers: readonly string[];
  readonly nodeName: string;
  readonly phase: string;
  readonly podIPs: readonly string[];
  readonly createdMs: number;
  /** 0: not being deleted. */
  readonly deletedMs: number;
  /** When it became ready; 0: it is not. */
  readonly readySinceMs: number;
  /** Whether its PodScheduled condition says that no node takes it, and with which message. */
  readonly unschedulableMessage: string | undefined;
  readonly restarts: number;
  readonly deletionCost: number;
  readonly shape: PodShape;
}

export const podKey = (pod: Pick<PodRecord, 'namespace' | 'name'>): string => `${pod.namespace}/${pod.name}`;

export function controllerOf(pod: {
  readonly owners: readonly OwnerReference[];
}): OwnerReference | undefined {
  return pod.owners.find((owner) => owner.controller === true);
}

/** A pod that still counts for its controller: neither finished nor on its way out. */
export function isActive(pod: PodRecord): boolean {
  return pod.deletedMs === 0 && !isFinished(pod);
}

export function isFinished(pod: PodRecord): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

export function isAvailable(pod: PodRecord, minReadySeconds: number, nowMs: number): boolean {
  if (pod.readySinceMs === 0) return false;
  return minReadySeconds === 0 || pod.readySinceMs + minReadySeconds * 1_000 <= nowMs;
}

/** Makes records; one instance for a process, so that equal parts are shared between all of them. */
export function podRecorder(): (pod: Stored<Pod>) => PodRecord {
  const labels = new Interner<Labels>();
  const owners = new Interner<readonly OwnerReference[]>();
  const shapes = new Interner<PodShape>();
  const none: readonly never[] = [];
  return (pod) => {
    const { metadata, spec, status } = pod;
    const relevant = relevantSpec(spec ?? { containers: [] });
    const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
    const scheduled = status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    return {
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      labels: shared(labels, metadata.labels ?? {}),
      owners: metadata.ownerReferences ? shared(owners, metadata.ownerReferences) : none,
      finalizers: metadata.finalizers ?? none,
      nodeName: spec?.nodeName ?? '',
      phase: status?.phase ?? 'Pending',
      podIPs: addressesOf(status) ?? none,
      createdMs: timeOf(metadata.creationTimestamp),
      deletedMs: timeOf(metadata.deletionTimestamp),
      readySinceMs: ready?.status === 'True' ? Math.max(1, timeOf(ready.lastTransitionTime)) : 0,
      unschedulableMessage:
        scheduled?.status === 'False' && scheduled.reason === 'Unschedulable'
          ? (scheduled.message ?? '')
          : undefined,
      restarts: restartsOf(status),
      deletionCost: integerOf(metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost']),
      shape: shapes.intern(JSON.stringify(relevant), () => shapeOfPodSpec(relevant)),
    };
  };
}

function shared<T extends object>(interner: Interner<T>, value: T): T {
  return interner.intern(JSON.stringify(value), () => value);
}

/** The spec without what differs from pod to pod or is never read here: most volumes, commands, environment, the node. */
function relevantSpec(spec: NonNullable<Pod['spec']>): NonNullable<Pod['spec']> {
  const { volumes, nodeName: _node, containers, initContainers, ...rest } = spec;
  const claims = volumes?.filter((volume) => volume.persistentVolumeClaim) ?? [];
  return {
    ...rest,
    ...(claims.length > 0 ? { volumes: claims } : {}),
    containers: containers.map(({ name, ports, resources }) => ({ name, ports, resources })),
    ...(initContainers ? { initContainers: initContainers.map(relevantInitContainer) } : {}),
  } as NonNullable<Pod['spec']>;
}

function relevantInitContainer(container: { name: string; resources?: unknown }) {
  const { name, resources } = container;
  return { name, resources, restartPolicy: (container as { restartPolicy?: string }).restartPolicy };
}

function addressesOf(status: Pod['status']): string[] | undefined {
  const addresses = status?.podIPs?.flatMap(({ ip }) => (ip ? [ip] : [])) ?? [];
  if (addresses.length > 0) return addresses;
  return status?.podIP ? [status.podIP] : undefined;
}

function restartsOf(status: Pod['status']): number {
  let restarts = 0;
  for (const container of status?.containerStatuses ?? [])
    restarts = Math.max(restarts, container.restartCount);
  return restarts;
}

export function timeOf(timestamp: string | undefined): number {
  return timestamp ? Date.parse(timestamp) || 0 : 0;
}

function integerOf(text: string | undefined): number {
  return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : 0;
}
