// Defaults of everything that is neither a pod nor makes pods.

import type { CustomResourceDefinitionSpec } from 'kubernetes-types/apiextensions/v1';
import type { TokenRequestSpec } from 'kubernetes-types/authentication/v1';
import type {
  Endpoints,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Secret,
  ServiceSpec,
} from 'kubernetes-types/core/v1';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1';
import type { RoleRef, Subject } from 'kubernetes-types/rbac/v1';

export function defaultService({ spec }: { spec: ServiceSpec }): void {
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10_800;
  }
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (!port.targetPort) port.targetPort = port.port;
  }
  const outward = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (outward) spec.externalTrafficPolicy ||= 'Cluster';
  if (outward || spec.type === 'ClusterIP') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

/** What `stringData` says goes into `data`, which it never leaves again. */
export function defaultSecret(secret: Secret): void {
  secret.type ||= 'Opaque';
  if (secret.stringData === undefined) return;
  const data: Record<string, string> = { ...secret.data };
  for (const [name, text] of Object.entries(secret.stringData)) {
    data[name] = toBase64(text);
  }
  secret.data = data;
  delete secret.stringData;
}

function toBase64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function defaultNamespace(namespace: Namespace): void {
  namespace.status ??= {};
  namespace.status.phase ||= 'Active';
  const metadata = namespace.metadata;
  if (!metadata?.name) return;
  metadata.labels ??= {};
  metadata.labels['kubernetes.io/metadata.name'] ??= metadata.name;
}

export function defaultNode({ spec, status }: Node): void {
  if (spec?.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR];
  else if (spec?.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
  if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
}

export function defaultEndpoints({ subsets }: Endpoints): void {
  for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP';
}

export function defaultEndpointSlice(slice: EndpointSlice): void {
  for (const port of slice.ports ?? []) {
    port.name ??= '';
    port.protocol ??= 'TCP';
  }
}

export function defaultPersistentVolume({ spec, status }: PersistentVolume): void {
  if (spec !== undefined) {
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath !== undefined) spec.hostPath.type ??= '';
  }
  if (status !== undefined) status.phase ||= 'Pending';
}

export function defaultPersistentVolumeClaim({ spec, status }: PersistentVolumeClaim): void {
  if (spec !== undefined) spec.volumeMode ??= 'Filesystem';
  if (status !== undefined) status.phase ||= 'Pending';
}

const rbacGroup = 'rbac.authorization.k8s.io';

export function defaultRoleBinding(binding: { roleRef?: RoleRef; subjects?: Subject[] }): void {
  if (binding.roleRef !== undefined) binding.roleRef.apiGroup ||= rbacGroup;
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup;
  }
}

export function defaultTokenRequest({ spec }: { spec: TokenRequestSpec }): void {
  spec.expirationSeconds ??= 3600;
}

export function defaultCustomResourceDefinition({ spec }: { spec: CustomResourceDefinitionSpec }): void {
  spec.names.singular ||= spec.names.kind.toLowerCase();
  spec.names.listKind ||= `${spec.names.kind}List`;
  spec.conversion ??= { strategy: 'None' };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service !== undefined) service.port ??= 443;
}

export function defaultPriorityClass(priorityClass: { preemptionPolicy?: string }): void {
  priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
}
