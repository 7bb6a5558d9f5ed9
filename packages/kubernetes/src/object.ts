// The shapes every Kubernetes object shares, and the built-in kinds under their own names (types only).

import type { ObjectMeta as GeneratedObjectMeta } from 'kubernetes-types/meta/v1';

export type { DaemonSet, Deployment, ReplicaSet } from 'kubernetes-types/apps/v1';
export type { TokenRequest } from 'kubernetes-types/authentication/v1';
export type { Job } from 'kubernetes-types/batch/v1';
export type { CertificateSigningRequest } from 'kubernetes-types/certificates/v1';
export type { Lease } from 'kubernetes-types/coordination/v1';
export type {
  Binding,
  ConfigMap,
  Container,
  ContainerState,
  ContainerStatus,
  Endpoints,
  Event,
  Namespace,
  Node,
  NodeCondition,
  NodeStatus,
  Pod,
  PodCondition,
  PodSpec,
  PodStatus,
  PodTemplateSpec,
  Probe,
  Secret,
  Service,
  ServiceAccount,
  Taint,
  Toleration,
  Volume,
} from 'kubernetes-types/core/v1';
export type { EndpointSlice } from 'kubernetes-types/discovery/v1';
export type {
  DeleteOptions,
  LabelSelector,
  ListMeta,
  OwnerReference,
  Status,
} from 'kubernetes-types/meta/v1';
export type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
} from 'kubernetes-types/rbac/v1';

export type ObjectMeta = GeneratedObjectMeta;

/** Any object as it comes from an API server: the four fields that all share, the rest unparsed. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
  [field: string]: unknown;
}

/** An object that an API server has stored: these fields are never absent. */
export interface StoredMeta extends ObjectMeta {
  name: string;
  uid: string;
  resourceVersion: string;
}

export type Stored<T> = T & { metadata: StoredMeta };

export interface KubeList<T = KubeObject> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/** `namespace/name`, or `name` for what has no namespace: the key of caches and work queues. */
export function objectKey(object: { metadata?: ObjectMeta }): string {
  const { namespace, name = '' } = object.metadata ?? {};
  return namespace ? `${namespace}/${name}` : name;
}
