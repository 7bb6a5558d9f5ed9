// What cloudcore needs in a cluster: its namespace, its account, and the least rights that its parts can do with, each with its reason.

import { type KubeObject, nodeLeaseNamespace, type PolicyRule } from '@selvedge/kubernetes';

export const cloudcoreNamespace = 'kubeedge';
export const cloudcoreAccount = 'cloudcore';
const clusterRole = 'selvedge-cloudcore';

const read = ['get', 'list', 'watch'];

/** Rights on the whole cluster. */
export function cloudcoreRules(): PolicyRule[] {
  return [
    // Deliver what nodes should have; Secrets are read as they change and not kept.
    rule('', ['pods', 'nodes', 'configmaps', 'secrets', 'services'], read),
    rule('discovery.k8s.io', ['endpointslices'], read),
    // Pods: status and the end of deletion come from the edge; the patch takes the end from tolerations; mirrors of static pods.
    rule('', ['pods'], ['create', 'patch', 'delete']),
    rule('', ['pods/status'], ['patch']),
    // Nodes: edges register, label themselves within limits and report their status.
    rule('', ['nodes'], ['create', 'patch']),
    rule('', ['nodes/status'], ['patch']),
    // Tokens for the accounts of pods that run on the edge that asks.
    rule('', ['serviceaccounts/token'], ['create']),
    rule('', ['events'], ['get', 'create', 'update', 'patch']),
    rule('', ['persistentvolumes', 'persistentvolumeclaims'], ['get']),
    rule('storage.k8s.io', ['volumeattachments'], ['get']),
    // Serving certificates of edges; approving them stays with the cluster.
    rule('certificates.k8s.io', ['certificatesigningrequests'], ['get', 'create']),
    // What Go edges have acknowledged.
    rule('reliablesyncs.kubeedge.io', ['objectsyncs', 'clusterobjectsyncs'], [...read, 'create', 'delete']),
    rule('reliablesyncs.kubeedge.io', ['objectsyncs/status', 'clusterobjectsyncs/status'], ['patch']),
  ];
}

/** Rights in single namespaces. */
function namespacedRules(): Readonly<Record<string, PolicyRule[]>> {
  return {
    [nodeLeaseNamespace]: [rule('coordination.k8s.io', ['leases'], ['get', 'create', 'update', 'patch'])],
    [cloudcoreNamespace]: [
      // The hub's CA, its certificate and the join token.
      rule('', ['secrets'], ['create', 'update', 'patch', 'delete']),
      // Where this cloud's stream servers are.
      rule('', ['configmaps'], ['create', 'patch']),
    ],
  };
}

export interface CloudcoreSubject {
  readonly kind: 'ServiceAccount' | 'User';
  readonly name: string;
}

/**
 * The objects to apply before cloudcore starts, KubeEdge's CRDs apart: Namespace, ServiceAccount, roles and bindings. The
 * rights go to the service account, or to a user where cloudcore has a client certificate of its own.
 */
export function cloudcoreManifests(
  subject: CloudcoreSubject = { kind: 'ServiceAccount', name: cloudcoreAccount },
): KubeObject[] {
  const objects: KubeObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: cloudcoreNamespace } },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: cloudcoreAccount, namespace: cloudcoreNamespace },
    },
    { ...rbac('ClusterRole'), metadata: { name: clusterRole }, rules: cloudcoreRules() },
    binding('ClusterRoleBinding', 'ClusterRole', undefined, subject),
  ];
  for (const [namespace, rules] of Object.entries(namespacedRules())) {
    objects.push({ ...rbac('Role'), metadata: { name: clusterRole, namespace }, rules });
    objects.push(binding('RoleBinding', 'Role', namespace, subject));
  }
  return objects;
}

/** Lists of its own in each rule: YAML would turn shared ones into anchors. */
function rule(apiGroup: string, resources: string[], verbs: readonly string[]): PolicyRule {
  return { apiGroups: [apiGroup], resources, verbs: [...verbs] };
}

function rbac(kind: string) {
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind };
}

function binding(
  kind: string,
  roleKind: string,
  namespace: string | undefined,
  subject: CloudcoreSubject,
): KubeObject {
  const ofAccount = subject.kind === 'ServiceAccount';
  return {
    ...rbac(kind),
    metadata: { name: clusterRole, ...(namespace ? { namespace } : {}) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: roleKind, name: clusterRole },
    subjects: [
      ofAccount
        ? { kind: 'ServiceAccount', name: subject.name, namespace: cloudcoreNamespace }
        : { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: subject.name },
    ],
  };
}
