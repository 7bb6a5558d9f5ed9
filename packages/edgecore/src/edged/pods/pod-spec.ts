// Small questions about a pod's specification, asked in many places.

import {
  type Container,
  type Pod,
  type PodSpec,
  parseQuantity,
  quantityToMilli,
  type Stored,
} from '@selvedge/kubernetes';

export type EdgePod = Stored<Pod>;
export type EphemeralContainer = NonNullable<PodSpec['ephemeralContainers']>[number];

/** The pod's specification; a stored pod always has one. */
export function specOf(pod: Pod): NonNullable<Pod['spec']> {
  return pod.spec ?? { containers: [] };
}

/** An init container that keeps running beside the others: a sidecar. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export function restartPolicyOf(pod: Pod): 'Always' | 'OnFailure' | 'Never' {
  const policy = specOf(pod).restartPolicy;
  return policy === 'OnFailure' || policy === 'Never' ? policy : 'Always';
}

export function isBeingDeleted(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

/** How people and events name a pod: `web_default(uid)`. */
export function describePod(pod: EdgePod): string {
  return `${pod.metadata.name}_${namespaceOf(pod)}(${pod.metadata.uid})`;
}

export function namespaceOf(pod: EdgePod): string {
  return pod.metadata.namespace ?? 'default';
}

export type ContainerKind = 'init' | 'app' | 'ephemeral';

export interface NamedContainer {
  readonly kind: ContainerKind;
  readonly container: Container;
}

/** Those that the pod was made with. */
export function allContainers(pod: Pod): NamedContainer[] {
  const { initContainers = [], containers } = specOf(pod);
  return [
    ...initContainers.map((container) => ({ kind: 'init' as const, container })),
    ...containers.map((container) => ({ kind: 'app' as const, container })),
  ];
}

/** Those put into the running pod to look at it: started once, without a part in its readiness or its end. */
export function ephemeralContainers(pod: Pod): NamedContainer[] {
  const { ephemeralContainers: list = [] } = specOf(pod);
  return list.map((container) => ({ kind: 'ephemeral', container }));
}

export function findContainer(pod: Pod, name: string): NamedContainer | undefined {
  return [...allContainers(pod), ...ephemeralContainers(pod)].find(
    ({ container }) => container.name === name,
  );
}

/** An FNV-1a hash over what may not change while a container runs. */
export function containerHash(container: Container): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(JSON.stringify({ image: container.image, name: container.name }))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16);
}

/** Whole seconds, as Kubernetes writes times. */
export function kubernetesTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** How much the pod's resources are promised: decides its cgroup and who is killed first. */
export function qosClass(pod: Pod): QosClass {
  let any = false;
  let guaranteed = true;
  for (const { container } of allContainers(pod)) {
    const { requests = {}, limits = {} } = container.resources ?? {};
    for (const name of ['cpu', 'memory']) {
      const limit = amount(limits[name]);
      const request = amount(requests[name] ?? limits[name]);
      if (limit > 0 || request > 0) any = true;
      if (limit === 0 || request !== limit) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function amount(text: string | undefined): number {
  const quantity = parseQuantity(text ?? '0');
  return quantity ? quantityToMilli(quantity) : 0;
}
