// One list-watch per resource type for scheduler and all controllers together.

import type { Clock, Logger } from '@selvedge/base';
import { createInformer, createRecordInformer, type Informer, type KubeClient } from '@selvedge/client';
import {
  type DaemonSet,
  type Deployment,
  type Job,
  type KubeObject,
  type Namespace,
  type Node,
  nodeLeaseNamespace,
  type ObjectMeta,
  type Pod,
  type ReplicaSet,
  type ResourceType,
  resources,
  type Service,
  type ServiceAccount,
  type Stored,
} from '@selvedge/kubernetes';
import { type LeaseRecord, leaseRecord } from './lease-record.ts';
import { controllerOf, type PodRecord, podRecorder } from './pod-record.ts';

export interface SharedInformers {
  readonly pods: Informer<PodRecord>;
  readonly nodes: Informer<Stored<Node>>;
  readonly leases: Informer<LeaseRecord>;
  readonly namespaces: Informer<Stored<Namespace>>;
  readonly services: Informer<Stored<Service>>;
  readonly deployments: Informer<Stored<Deployment>>;
  readonly replicasets: Informer<Stored<ReplicaSet>>;
  readonly daemonsets: Informer<Stored<DaemonSet>>;
  readonly serviceaccounts: Informer<Stored<ServiceAccount>>;
  readonly rootCaConfigMaps: Informer<Stored<KubeObject>>;
  readonly endpoints: Informer<Stored<KubeObject>>;
  readonly endpointslices: Informer<Stored<KubeObject>>;
  readonly controllerrevisions: Informer<Stored<KubeObject>>;
  readonly jobs: Informer<Stored<Job>>;
  readonly poddisruptionbudgets: Informer<Stored<KubeObject>>;
  readonly persistentvolumeclaims: Informer<Stored<KubeObject>>;
}

export interface SharedInformerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export const rootCaConfigMapName = 'kube-root-ca.crt';

/** The informers, and what runs them all until the signal aborts. */
export function createSharedInformers(options: SharedInformerOptions): {
  informers: SharedInformers;
  run: (signal: AbortSignal) => Promise<void>;
} {
  const whole = <T extends object>(type: ResourceType, selection: { fieldSelector?: string } = {}) =>
    createInformer<T & KubeObject>({ ...options, type, ...selection }) as unknown as Informer<Stored<T>>;
  const informers: SharedInformers = {
    pods: podInformer(options),
    nodes: createRecordInformer<Node & KubeObject, Stored<Node>>({
      ...options,
      type: resources.nodes,
      transform: lightNode,
      resourceVersionOf: (node) => node.metadata.resourceVersion,
    }),
    leases: createRecordInformer<KubeObject, LeaseRecord>({
      ...options,
      type: resources.leases,
      namespace: nodeLeaseNamespace,
      transform: leaseRecord,
      resourceVersionOf: (lease) => lease.resourceVersion,
    }),
    namespaces: whole(resources.namespaces),
    services: whole(resources.services),
    deployments: whole(resources.deployments),
    replicasets: whole(resources.replicasets),
    daemonsets: whole(resources.daemonsets),
    serviceaccounts: whole(resources.serviceaccounts, { fieldSelector: 'metadata.name=default' }),
    rootCaConfigMaps: whole(resources.configmaps, { fieldSelector: `metadata.name=${rootCaConfigMapName}` }),
    endpoints: whole(resources.endpoints),
    endpointslices: whole(resources.endpointslices),
    controllerrevisions: whole(resources.controllerrevisions),
    jobs: whole(resources.jobs),
    poddisruptionbudgets: whole(resources.poddisruptionbudgets),
    persistentvolumeclaims: whole(resources.persistentvolumeclaims),
  };
  addOwnerIndexes(informers);
  const all: Informer<never>[] = Object.values(informers);
  return {
    informers,
    run: async (signal) => {
      await Promise.all(all.map((informer) => informer.run(signal)));
    },
  };
}

export async function allSynced(informers: SharedInformers): Promise<void> {
  const all: Informer<never>[] = Object.values(informers);
  await Promise.all(all.map((informer) => informer.synced));
}

function podInformer(options: SharedInformerOptions): Informer<PodRecord> {
  return createRecordInformer<Pod & KubeObject, PodRecord>({
    ...options,
    type: resources.pods,
    transform: podRecorder(),
    resourceVersionOf: (pod) => pod.resourceVersion,
    indexers: {
      node: (pod) => (pod.nodeName === '' ? [] : [pod.nodeName]),
      namespace: (pod) => [pod.namespace],
      owner: (pod) => pod.owners.map((owner) => owner.uid),
      // Pods that a controller of the namespace might adopt.
      orphan: (pod) => (controllerOf(pod) ? [] : [pod.namespace]),
    },
  });
}

function addOwnerIndexes(informers: SharedInformers): void {
  const byOwner = (object: { metadata: ObjectMeta }) =>
    object.metadata.ownerReferences?.map((owner) => owner.uid) ?? [];
  const byNamespace = (object: { metadata: { namespace?: string } }) => [object.metadata.namespace ?? ''];
  const { pods: _pods, leases: _leases, ...whole } = informers;
  const all = Object.values(whole) as unknown as Informer<{ metadata: ObjectMeta }>[];
  for (const informer of all) informer.addIndexer('owner', byOwner);
  informers.replicasets.addIndexer('namespace', byNamespace);
  informers.daemonsets.addIndexer('namespace', byNamespace);
  informers.services.addIndexer('namespace', byNamespace);
  informers.poddisruptionbudgets.addIndexer('namespace', byNamespace);
  informers.endpointslices.addIndexer('service', (slice) => {
    const service = slice.metadata.labels?.['kubernetes.io/service-name'];
    return service ? [`${slice.metadata.namespace}/${service}`] : [];
  });
}

/** A node without its image list, the largest part of its status, which nothing here reads. */
function lightNode(node: Stored<Node>): Stored<Node> {
  delete node.metadata.managedFields;
  if (node.status) {
    delete node.status.images;
    delete node.status.nodeInfo;
    delete node.status.volumesInUse;
    delete node.status.volumesAttached;
  }
  return node;
}
