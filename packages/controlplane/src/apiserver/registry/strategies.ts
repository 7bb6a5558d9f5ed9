// Which kind has which strategy; kinds that are not here are plain storage.

import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@selvedge/kubernetes';
import { metaOf } from '../object-meta.ts';
import { certificateSigningRequestStrategy } from './certificate-signing-requests.ts';
import { customResourceDefinitionStrategy } from './custom-resource-definitions.ts';
import { daemonSetStrategy } from './daemonsets.ts';
import { jobStrategy } from './jobs.ts';
import { namespaceStrategy } from './namespaces.ts';
import { nodeStrategy } from './nodes.ts';
import { podStrategy } from './pods.ts';
import { serviceStrategy } from './services.ts';
import type { Strategy } from './strategy.ts';

const workload: Strategy = { generation: true, status: true };

/** A deployment's annotations go to its replica sets: changing them is a change of what is wanted. */
const deployments: Strategy = {
  ...workload,
  prepareForUpdate: (object, old, { subresource }) => {
    if (subresource !== '') return;
    const [after, before] = [metaOf(object), metaOf(old)];
    if (!isDeepStrictEqual(after.annotations, before.annotations))
      after.generation = (before.generation ?? 0) + 1;
  },
};

const events: Strategy = {
  createOnUpdate: true,
  fieldNames: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  fields: (event) => {
    const involved = record(event.involvedObject);
    const fields: Record<string, string> = {};
    for (const name of ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']) {
      if (typeof involved[name] === 'string') fields[`involvedObject.${name}`] = involved[name];
    }
    for (const name of ['reason', 'reportingComponent', 'type']) {
      if (typeof event[name] === 'string') fields[name] = event[name] as string;
    }
    const source = record(event.source).component ?? event.reportingComponent;
    if (typeof source === 'string') fields.source = source;
    return fields;
  },
};

const secrets: Strategy = {
  fieldNames: ['type'],
  fields: (secret) => ({ type: typeof secret.type === 'string' ? secret.type : 'Opaque' }),
};

/** A volume and a claim wait for one another from their first moment. */
const volumes: Strategy = {
  status: true,
  createOnUpdate: true,
  prepareForCreate: (volume) => {
    volume.status = { phase: 'Pending' };
  },
};

const replicas = (name: string): Strategy => ({
  ...workload,
  fieldNames: [name],
  fields: (object) => ({ [name]: String(record(object.status).replicas ?? 0) }),
});

const strategies: Readonly<Record<string, Strategy>> = {
  pods: podStrategy,
  nodes: nodeStrategy,
  namespaces: namespaceStrategy,
  services: serviceStrategy,
  secrets,
  events,
  'events.events.k8s.io': events,
  endpoints: { createOnUpdate: true },
  limitranges: { createOnUpdate: true },
  resourcequotas: { status: true, createOnUpdate: true },
  persistentvolumes: volumes,
  persistentvolumeclaims: volumes,
  podtemplates: { generation: true, createOnUpdate: true },
  replicationcontrollers: { ...replicas('status.replicas'), defaultPropagation: 'Orphan' },
  'replicasets.apps': replicas('status.replicas'),
  'deployments.apps': deployments,
  'daemonsets.apps': daemonSetStrategy,
  'statefulsets.apps': workload,
  'jobs.batch': jobStrategy,
  'cronjobs.batch': workload,
  'horizontalpodautoscalers.autoscaling': { status: true },
  'poddisruptionbudgets.policy': workload,
  'ingresses.networking.k8s.io': workload,
  'ingressclasses.networking.k8s.io': { generation: true },
  'networkpolicies.networking.k8s.io': { generation: true },
  'leases.coordination.k8s.io': { createOnUpdate: true },
  'endpointslices.discovery.k8s.io': { generation: true },
  'certificatesigningrequests.certificates.k8s.io': certificateSigningRequestStrategy,
  'customresourcedefinitions.apiextensions.k8s.io': customResourceDefinitionStrategy,
  'roles.rbac.authorization.k8s.io': { createOnUpdate: true },
  'rolebindings.rbac.authorization.k8s.io': { createOnUpdate: true },
  'clusterroles.rbac.authorization.k8s.io': { createOnUpdate: true },
  'clusterrolebindings.rbac.authorization.k8s.io': { createOnUpdate: true },
  'volumeattachments.storage.k8s.io': { status: true },
};

const plain: Strategy = {};

export function strategyOf(group: string, resource: string): Strategy {
  return strategies[group === '' ? resource : `${resource}.${group}`] ?? plain;
}

function record(value: KubeObject[string]): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
