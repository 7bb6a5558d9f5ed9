// `@selvedge/kubernetes/defaults`: the values that a server sets where a request leaves a field out.

import type { JsonObject } from '../json.ts';
import type { GroupVersionKind } from '../schema/schema.ts';
import {
  defaultCustomResourceDefinition,
  defaultEndpointSlice,
  defaultEndpoints,
  defaultNamespace,
  defaultNode,
  defaultPersistentVolume,
  defaultPersistentVolumeClaim,
  defaultPriorityClass,
  defaultRoleBinding,
  defaultSecret,
  defaultService,
  defaultTokenRequest,
} from './cluster.ts';
import { defaultPod } from './pod.ts';
import {
  defaultDaemonSet,
  defaultDeployment,
  defaultJob,
  defaultPodTemplate,
  defaultReplicaSet,
  defaultStatefulSet,
} from './workloads.ts';

export type Defaulter = (object: JsonObject) => void;

/** Each takes an object of its kind as decoding leaves it, which is the one place where that is promised. */
const defaulters: Readonly<Record<string, (object: never) => void>> = {
  '/v1/Pod': defaultPod,
  '/v1/PodTemplate': defaultPodTemplate,
  '/v1/Service': defaultService,
  '/v1/Secret': defaultSecret,
  '/v1/Namespace': defaultNamespace,
  '/v1/Node': defaultNode,
  '/v1/Endpoints': defaultEndpoints,
  '/v1/PersistentVolume': defaultPersistentVolume,
  '/v1/PersistentVolumeClaim': defaultPersistentVolumeClaim,
  'apps/v1/Deployment': defaultDeployment,
  'apps/v1/ReplicaSet': defaultReplicaSet,
  'apps/v1/DaemonSet': defaultDaemonSet,
  'apps/v1/StatefulSet': defaultStatefulSet,
  'batch/v1/Job': defaultJob,
  'discovery.k8s.io/v1/EndpointSlice': defaultEndpointSlice,
  'rbac.authorization.k8s.io/v1/RoleBinding': defaultRoleBinding,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': defaultRoleBinding,
  'authentication.k8s.io/v1/TokenRequest': defaultTokenRequest,
  'apiextensions.k8s.io/v1/CustomResourceDefinition': defaultCustomResourceDefinition,
  'scheduling.k8s.io/v1/PriorityClass': defaultPriorityClass,
};

/** The defaulting of a kind, to be looked up once; undefined where there is nothing to set. */
export function defaulterOf(kind: GroupVersionKind): Defaulter | undefined {
  return defaulters[`${kind.group}/${kind.version}/${kind.kind}`] as Defaulter | undefined;
}

/** Sets a decoded object's defaults, in place. */
export function applyDefaults(kind: GroupVersionKind, object: JsonObject): void {
  defaulterOf(kind)?.(object);
}

export { pullPolicyFor } from './pod.ts';
