// What an object must satisfy before it is stored: one entry per kind, answers in Kubernetes' words. Loaded by the API server alone.

import type { FieldError } from '../field-error.ts';
import { isDns1123Subdomain, isPathSegmentName } from '../names.ts';
import type {
  CertificateSigningRequest,
  ClusterRoleBinding,
  ConfigMap,
  DaemonSet,
  Deployment,
  EndpointSlice,
  Endpoints,
  KubeObject,
  Lease,
  Node,
  Pod,
  ReplicaSet,
  Secret,
  Service,
} from '../object.ts';
import {
  validateCertificateSigningRequest,
  validateConditionsUpdate,
} from './certificate-signing-request.ts';
import * as cluster from './cluster.ts';
import * as configuration from './configuration.ts';
import { validateCustomResourceDefinition } from './custom-resource-definition.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate, validateEndpoints } from './endpoints.ts';
import { validateEphemeralContainersUpdate } from './ephemeral-containers.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { validatePod, validatePodCreate, validatePodStatusUpdate, validatePodUpdate } from './pod.ts';
import * as roles from './roles.ts';
import type { Errors } from './rules.ts';
import { validateService, validateServiceUpdate } from './service.ts';
import {
  validateDaemonSetStatus,
  validateDeploymentStatus,
  validateReplicaSetStatus,
} from './workload-status.ts';
import { selectorUnchanged, validateDaemonSet, validateDeployment, validateReplicaSet } from './workloads.ts';

export { type CompiledPattern, compilePattern } from '../pattern/pattern.ts';

type UpdateRule<T> = (errors: Errors, object: T, before: T) => void;

interface KindValidation {
  readonly create: (errors: Errors, object: KubeObject) => void;
  /** Where it is absent: metadata may not change what is fixed, and the object must pass `create`. */
  readonly update?: UpdateRule<KubeObject>;
  /** By subresource. Where one is absent: metadata may not change what is fixed. */
  readonly subresources?: Readonly<Record<string, UpdateRule<KubeObject>>>;
}

/**
 * Objects reach this table decoded and defaulted by the schema of their kind, so their shape is what the type says;
 * this is the one place where that is asserted.
 */
function kind<T>(rules: {
  create: (errors: Errors, object: T) => void;
  update?: UpdateRule<T>;
  subresources?: Readonly<Record<string, UpdateRule<T>>>;
}): KindValidation {
  return rules as unknown as KindValidation;
}

type Workload = KubeObject & { spec?: { selector?: object } };

function workload<T>(
  create: (errors: Errors, object: T) => void,
  status: (errors: Errors, object: T) => void,
): KindValidation {
  return kind<T>({
    create,
    subresources: {
      status: (errors, object, before) => {
        const [now, then] = [object as Workload, before as Workload];
        validateMetadataUpdate(errors, now.metadata ?? {}, then.metadata ?? {});
        status(errors, object);
      },
    },
    update: (errors, object, before) => {
      const [now, then] = [object as Workload, before as Workload];
      validateMetadataUpdate(errors, now.metadata ?? {}, then.metadata ?? {});
      create(errors, object);
      selectorUnchanged(errors, now.spec?.selector, then.spec?.selector);
    },
  });
}

const rbac = 'rbac.authorization.k8s.io';

/** By `group/Kind`. */
const kinds: Readonly<Record<string, KindValidation>> = {
  '/Pod': kind<Pod>({
    create: validatePodCreate,
    update: validatePodUpdate,
    subresources: {
      status: validatePodStatusUpdate,
      ephemeralcontainers: (errors, pod, before) => {
        validatePod(errors, pod);
        validateEphemeralContainersUpdate(errors, pod, before);
      },
    },
  }),
  '/Service': kind<Service>({ create: validateService, update: validateServiceUpdate }),
  '/ConfigMap': kind<ConfigMap>({
    create: configuration.validateConfigMap,
    update: configuration.validateConfigMapUpdate,
  }),
  '/Secret': kind<Secret>({
    create: configuration.validateSecret,
    update: configuration.validateSecretUpdate,
  }),
  '/Namespace': kind<KubeObject>({ create: cluster.validateNamespace }),
  '/Node': kind<Node>({ create: cluster.validateNode, update: cluster.validateNodeUpdate }),
  '/Endpoints': kind<Endpoints>({ create: validateEndpoints }),
  'discovery.k8s.io/EndpointSlice': kind<EndpointSlice>({
    create: validateEndpointSlice,
    update: validateEndpointSliceUpdate,
  }),
  '/Event': kind<KubeObject>({ create: cluster.validateEvent }),
  'coordination.k8s.io/Lease': kind<Lease>({ create: cluster.validateLease }),
  'apiextensions.k8s.io/CustomResourceDefinition': kind<KubeObject>({
    create: validateCustomResourceDefinition,
  }),
  'certificates.k8s.io/CertificateSigningRequest': kind<CertificateSigningRequest>({
    create: validateCertificateSigningRequest,
    subresources: { approval: validateConditionsUpdate, status: validateConditionsUpdate },
  }),
  'apps/Deployment': workload<Deployment>(validateDeployment, validateDeploymentStatus),
  'apps/ReplicaSet': workload<ReplicaSet>(validateReplicaSet, validateReplicaSetStatus),
  'apps/DaemonSet': workload<DaemonSet>(validateDaemonSet, validateDaemonSetStatus),
  [`${rbac}/Role`]: kind<KubeObject>({
    create: (errors, object) => roles.validateRole(errors, object, true),
  }),
  [`${rbac}/ClusterRole`]: kind<KubeObject>({
    create: (errors, object) => roles.validateRole(errors, object, false),
  }),
  [`${rbac}/RoleBinding`]: kind<ClusterRoleBinding>({
    create: (errors, object) => roles.validateRoleBinding(errors, object, true),
    update: roles.validateRoleBindingUpdate,
  }),
  [`${rbac}/ClusterRoleBinding`]: kind<ClusterRoleBinding>({
    create: (errors, object) => roles.validateRoleBinding(errors, object, false),
    update: roles.validateRoleBindingUpdate,
  }),
};

export interface ValidatedKind {
  readonly group: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Present on kinds that a CustomResourceDefinition made. */
  readonly custom?: object;
}

/** What is wrong with a new object, in the order Kubernetes reports it; empty when nothing is. */
export function validateCreate(type: ValidatedKind, object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const rules = kinds[`${type.group}/${type.kind}`];
  if (rules) rules.create(errors, object);
  else {
    const { namespaced, custom } = type;
    validateMetadata(errors, object.metadata ?? {}, { namespaced, name: nameRule(type), ownKind: !custom });
  }
  return errors;
}

export function validateUpdate(type: ValidatedKind, object: KubeObject, before: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const rules = kinds[`${type.group}/${type.kind}`];
  if (rules?.update) rules.update(errors, object, before);
  else {
    validateMetadataUpdate(errors, object.metadata ?? {}, before.metadata ?? {});
    errors.push(...validateCreate(type, object));
  }
  return errors;
}

export function validateSubresourceUpdate(
  type: ValidatedKind,
  subresource: string,
  { object, before }: { object: KubeObject; before: KubeObject },
): FieldError[] {
  const errors: FieldError[] = [];
  const rule = kinds[`${type.group}/${type.kind}`]?.subresources?.[subresource];
  if (rule) rule(errors, object, before);
  else validateMetadataUpdate(errors, object.metadata ?? {}, before.metadata ?? {});
  return errors;
}

/** What the subresource `finalize` may leave of a namespace's finalizers. */
export function validateNamespaceFinalizers(namespace: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const { finalizers = [] } = (namespace.spec ?? {}) as { finalizers?: string[] };
  cluster.validateFinalizers(errors, finalizers);
  return errors;
}

function nameRule(type: ValidatedKind) {
  return type.group === rbac ? isPathSegmentName : isDns1123Subdomain;
}
