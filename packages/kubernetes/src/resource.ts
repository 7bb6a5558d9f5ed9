// What names a resource type: group, version, plural; and the built-in ones that our programs talk about.

export interface ResourceType {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case, as in a URL: `pods`. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** `pods`, `deployments.apps`: a resource as people and error messages write it. */
export function groupResource(type: Pick<ResourceType, 'group' | 'resource'>): string {
  return type.group === '' ? type.resource : `${type.resource}.${type.group}`;
}

const namespaced = (group: string, version: string, resource: string, kind: string): ResourceType => ({
  group,
  version,
  resource,
  kind,
  namespaced: true,
});
const cluster = (group: string, version: string, resource: string, kind: string): ResourceType => ({
  group,
  version,
  resource,
  kind,
  namespaced: false,
});

export const resources = {
  namespaces: cluster('', 'v1', 'namespaces', 'Namespace'),
  nodes: cluster('', 'v1', 'nodes', 'Node'),
  pods: namespaced('', 'v1', 'pods', 'Pod'),
  services: namespaced('', 'v1', 'services', 'Service'),
  endpoints: namespaced('', 'v1', 'endpoints', 'Endpoints'),
  configmaps: namespaced('', 'v1', 'configmaps', 'ConfigMap'),
  secrets: namespaced('', 'v1', 'secrets', 'Secret'),
  serviceaccounts: namespaced('', 'v1', 'serviceaccounts', 'ServiceAccount'),
  events: namespaced('', 'v1', 'events', 'Event'),
  leases: namespaced('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  endpointslices: namespaced('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  deployments: namespaced('apps', 'v1', 'deployments', 'Deployment'),
  replicasets: namespaced('apps', 'v1', 'replicasets', 'ReplicaSet'),
  daemonsets: namespaced('apps', 'v1', 'daemonsets', 'DaemonSet'),
  jobs: namespaced('batch', 'v1', 'jobs', 'Job'),
  persistentvolumeclaims: namespaced('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  poddisruptionbudgets: namespaced('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  roles: namespaced('rbac.authorization.k8s.io', 'v1', 'roles', 'Role'),
  rolebindings: namespaced('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding'),
  clusterroles: cluster('rbac.authorization.k8s.io', 'v1', 'clusterroles', 'ClusterRole'),
  clusterrolebindings: cluster(
    'rbac.authorization.k8s.io',
    'v1',
    'clusterrolebindings',
    'ClusterRoleBinding',
  ),
  certificatesigningrequests: cluster(
    'certificates.k8s.io',
    'v1',
    'certificatesigningrequests',
    'CertificateSigningRequest',
  ),
  customresourcedefinitions: cluster(
    'apiextensions.k8s.io',
    'v1',
    'customresourcedefinitions',
    'CustomResourceDefinition',
  ),
  controllerrevisions: namespaced('apps', 'v1', 'controllerrevisions', 'ControllerRevision'),
} as const satisfies Record<string, ResourceType>;
