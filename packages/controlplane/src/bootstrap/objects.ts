// The objects that a cluster has from its first minute: namespaces, roles and bindings, priority classes, the kubernetes service.

import { type KubeObject, nodeLeaseNamespace } from '@selvedge/kubernetes';
import { mastersGroup } from '../apiserver/authentication/user.ts';
import type { ApiContext } from '../apiserver/context.ts';
import { metaOf } from '../apiserver/object-meta.ts';
import { createObject, updateObject } from '../apiserver/object-writer.ts';
import { storageKey } from '../apiserver/registry/resource.ts';
import { bootstrapBindings, bootstrapRoles } from './roles.ts';

const namespaces = ['default', 'kube-system', 'kube-public', nodeLeaseNamespace, 'kubeedge'];
const server = { name: 'system:apiserver', groups: [mastersGroup] };

export interface BootstrapOptions {
  /** Where pods on other machines reach the API server; undefined: it listens on loopback, and they do not. */
  readonly apiAddress: string | undefined;
  readonly apiPort: number;
  readonly serviceAddress: string;
  /** Of the programs that use the cluster: kept as their version has them, but for namespaces and accounts. */
  readonly objects: readonly KubeObject[];
}

export async function bootstrapObjects(context: ApiContext, options: BootstrapOptions): Promise<void> {
  for (const name of namespaces)
    await ensure(context, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const object of priorityClasses()) await ensure(context, object);
  // Rules belong to the program's version: an older data dir gets what is new.
  for (const object of [...bootstrapRoles(), ...bootstrapBindings()]) await ensure(context, object, 'follow');
  await ensure(context, kubernetesService(options));
  for (const object of kubernetesEndpoints(options)) await ensure(context, object, 'follow');
  for (const object of options.objects) {
    await ensure(
      context,
      object,
      object.kind === 'Namespace' || object.kind === 'ServiceAccount' ? 'create' : 'follow',
    );
  }
}

/** Creates what is not there; with `follow`, also brings what is there to the given form. */
export async function ensure(
  context: ApiContext,
  object: KubeObject,
  mode: 'create' | 'follow' = 'create',
): Promise<void> {
  const [group = '', version = ''] = object.apiVersion?.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion];
  const resource = context.registry.findKind(group, version, object.kind ?? '');
  if (!resource) return;
  const { name = '', namespace = '' } = metaOf(object);
  const options = { user: server, fieldManager: 'kube-apiserver' };
  const present = context.store.latest(resource.collection, storageKey(namespace, name));
  if (!present) {
    await createObject(context, { resource, namespace, object }, options);
    return;
  }
  if (mode === 'create') return;
  const change = (old: KubeObject | undefined): KubeObject => ({
    ...old,
    ...object,
    metadata: { ...old?.metadata, labels: { ...old?.metadata?.labels, ...metaOf(object).labels } },
  });
  await updateObject(context, { resource, namespace, name, change }, options);
}

function priorityClasses(): KubeObject[] {
  const make = (name: string, value: number, description: string): KubeObject => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
    preemptionPolicy: 'PreemptLowerPriority',
  });
  return [
    make(
      'system-cluster-critical',
      2_000_000_000,
      'For pods that the cluster can not do without, on whichever node.',
    ),
    make('system-node-critical', 2_000_001_000, 'For pods that a node can not do without.'),
  ];
}

const serviceLabels = { component: 'apiserver', provider: 'kubernetes' };

function kubernetesService({ serviceAddress, apiPort }: BootstrapOptions): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: serviceLabels },
    spec: {
      type: 'ClusterIP',
      clusterIP: serviceAddress,
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: apiPort }],
      sessionAffinity: 'None',
    },
  };
}

function kubernetesEndpoints({ apiAddress, apiPort }: BootstrapOptions): KubeObject[] {
  const ports = [{ name: 'https', port: apiPort, protocol: 'TCP' }];
  const name = 'kubernetes';
  return [
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: apiAddress === undefined ? [] : [{ addresses: [{ ip: apiAddress }], ports }],
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: apiAddress === undefined ? [] : [{ addresses: [apiAddress], conditions: { ready: true } }],
      ports,
    },
  ];
}
