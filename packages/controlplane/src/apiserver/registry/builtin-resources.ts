// The table of built-in resources: what discovery says of each, one line per resource.

import { allVerbs, type Subresource } from './resource.ts';

export interface BuiltinResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs?: readonly string[];
  readonly subresources?: readonly Subresource[];
  /** The resource whose collection this version shares: `events` for events.k8s.io. */
  readonly storedAs?: string;
}

const change = ['get', 'patch', 'update'];
const status = (kind: string): Subresource => ({ name: 'status', verbs: change, kind });
const scale: Subresource = {
  name: 'scale',
  verbs: change,
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
};
const stream = (name: string, kind: string): Subresource => ({ name, verbs: ['create', 'get'], kind });
const proxy = (kind: string): Subresource => ({
  name: 'proxy',
  verbs: ['create', 'delete', 'get', 'patch', 'update'],
  kind,
});
const all = ['all'];

const core: BuiltinResource[] = [
  local('configmaps', 'ConfigMap', { shortNames: ['cm'] }),
  local('endpoints', 'Endpoints', { shortNames: ['ep'] }),
  local('events', 'Event', { shortNames: ['ev'] }),
  local('limitranges', 'LimitRange', { shortNames: ['limits'] }),
  wide('namespaces', 'Namespace', {
    shortNames: ['ns'],
    verbs: allVerbs.filter((verb) => verb !== 'deletecollection'),
    subresources: [{ name: 'finalize', verbs: ['update'], kind: 'Namespace' }, status('Namespace')],
  }),
  wide('nodes', 'Node', { shortNames: ['no'], subresources: [proxy('NodeProxyOptions'), status('Node')] }),
  local('persistentvolumeclaims', 'PersistentVolumeClaim', {
    shortNames: ['pvc'],
    subresources: [status('PersistentVolumeClaim')],
  }),
  wide('persistentvolumes', 'PersistentVolume', {
    shortNames: ['pv'],
    subresources: [status('PersistentVolume')],
  }),
  local('pods', 'Pod', {
    shortNames: ['po'],
    categories: all,
    subresources: [
      stream('attach', 'PodAttachOptions'),
      { name: 'binding', verbs: ['create'], kind: 'Binding' },
      { name: 'ephemeralcontainers', verbs: change, kind: 'Pod' },
      { name: 'eviction', verbs: ['create'], group: 'policy', version: 'v1', kind: 'Eviction' },
      stream('exec', 'PodExecOptions'),
      { name: 'log', verbs: ['get'], kind: 'Pod' },
      stream('portforward', 'PodPortForwardOptions'),
      proxy('PodProxyOptions'),
      status('Pod'),
    ],
  }),
  local('podtemplates', 'PodTemplate', {}),
  local('replicationcontrollers', 'ReplicationController', {
    shortNames: ['rc'],
    categories: all,
    subresources: [scale, status('ReplicationController')],
  }),
  local('resourcequotas', 'ResourceQuota', {
    shortNames: ['quota'],
    subresources: [status('ResourceQuota')],
  }),
  local('secrets', 'Secret', {}),
  local('serviceaccounts', 'ServiceAccount', {
    shortNames: ['sa'],
    subresources: [
      {
        name: 'token',
        verbs: ['create'],
        group: 'authentication.k8s.io',
        version: 'v1',
        kind: 'TokenRequest',
      },
    ],
  }),
  local('services', 'Service', { shortNames: ['svc'], categories: all, subresources: [status('Service')] }),
];

const apps: BuiltinResource[] = [
  local('controllerrevisions', 'ControllerRevision', {}),
  local('daemonsets', 'DaemonSet', {
    shortNames: ['ds'],
    categories: all,
    subresources: [status('DaemonSet')],
  }),
  local('deployments', 'Deployment', {
    shortNames: ['deploy'],
    categories: all,
    subresources: [scale, status('Deployment')],
  }),
  local('replicasets', 'ReplicaSet', {
    shortNames: ['rs'],
    categories: all,
    subresources: [scale, status('ReplicaSet')],
  }),
  local('statefulsets', 'StatefulSet', {
    shortNames: ['sts'],
    categories: all,
    subresources: [scale, status('StatefulSet')],
  }),
];

const review = (resource: string, kind: string): BuiltinResource =>
  wide(resource, kind, { verbs: ['create'] });
const approval: Subresource = { name: 'approval', verbs: change, kind: 'CertificateSigningRequest' };

export const builtinResources: readonly BuiltinResource[] = [
  ...core,
  ...inGroup('apps/v1', apps),
  ...inGroup('events.k8s.io/v1', [local('events', 'Event', { shortNames: ['ev'], storedAs: 'events' })]),
  ...inGroup('authentication.k8s.io/v1', [
    review('selfsubjectreviews', 'SelfSubjectReview'),
    review('tokenreviews', 'TokenReview'),
  ]),
  ...inGroup('authorization.k8s.io/v1', [
    local('localsubjectaccessreviews', 'LocalSubjectAccessReview', { verbs: ['create'] }),
    review('selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
    review('selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
    review('subjectaccessreviews', 'SubjectAccessReview'),
  ]),
  ...inGroup('autoscaling/v2', [
    local('horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
      shortNames: ['hpa'],
      categories: all,
      subresources: [status('HorizontalPodAutoscaler')],
    }),
  ]),
  ...inGroup('batch/v1', [
    local('cronjobs', 'CronJob', { shortNames: ['cj'], categories: all, subresources: [status('CronJob')] }),
    local('jobs', 'Job', { categories: all, subresources: [status('Job')] }),
  ]),
  ...inGroup('certificates.k8s.io/v1', [
    wide('certificatesigningrequests', 'CertificateSigningRequest', {
      shortNames: ['csr'],
      subresources: [approval, status('CertificateSigningRequest')],
    }),
  ]),
  ...inGroup('networking.k8s.io/v1', [
    wide('ingressclasses', 'IngressClass', {}),
    local('ingresses', 'Ingress', { shortNames: ['ing'], subresources: [status('Ingress')] }),
    local('networkpolicies', 'NetworkPolicy', { shortNames: ['netpol'] }),
  ]),
  ...inGroup('policy/v1', [
    local('poddisruptionbudgets', 'PodDisruptionBudget', {
      shortNames: ['pdb'],
      subresources: [status('PodDisruptionBudget')],
    }),
  ]),
  ...inGroup('rbac.authorization.k8s.io/v1', [
    wide('clusterrolebindings', 'ClusterRoleBinding', {}),
    wide('clusterroles', 'ClusterRole', {}),
    local('rolebindings', 'RoleBinding', {}),
    local('roles', 'Role', {}),
  ]),
  ...inGroup('storage.k8s.io/v1', [
    wide('csidrivers', 'CSIDriver', {}),
    wide('csinodes', 'CSINode', {}),
    local('csistoragecapacities', 'CSIStorageCapacity', {}),
    wide('storageclasses', 'StorageClass', { shortNames: ['sc'] }),
    wide('volumeattachments', 'VolumeAttachment', { subresources: [status('VolumeAttachment')] }),
  ]),
  ...inGroup('apiextensions.k8s.io/v1', [
    wide('customresourcedefinitions', 'CustomResourceDefinition', {
      shortNames: ['crd', 'crds'],
      categories: ['api-extensions'],
      subresources: [status('CustomResourceDefinition')],
    }),
  ]),
  ...inGroup('scheduling.k8s.io/v1', [wide('priorityclasses', 'PriorityClass', { shortNames: ['pc'] })]),
  ...inGroup('coordination.k8s.io/v1', [local('leases', 'Lease', {})]),
  ...inGroup('node.k8s.io/v1', [wide('runtimeclasses', 'RuntimeClass', {})]),
  ...inGroup('discovery.k8s.io/v1', [local('endpointslices', 'EndpointSlice', {})]),
];

type Rest = Partial<Omit<BuiltinResource, 'resource' | 'kind' | 'namespaced'>>;

function local(resource: string, kind: string, rest: Rest): BuiltinResource {
  return { group: '', version: 'v1', resource, kind, namespaced: true, ...rest };
}

function wide(resource: string, kind: string, rest: Rest): BuiltinResource {
  return { group: '', version: 'v1', resource, kind, namespaced: false, ...rest };
}

function inGroup(apiVersion: string, list: readonly BuiltinResource[]): BuiltinResource[] {
  const [group = '', version = ''] = apiVersion.split('/');
  return list.map((one) => ({ ...one, group, version }));
}
