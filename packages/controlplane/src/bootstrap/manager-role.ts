// What scheduler and controllers may do: the rules of the manager's own role.

import type { PolicyRule } from '@selvedge/kubernetes';

const rule = (apiGroups: string[], resources: string[], verbs: string[]): PolicyRule => ({
  apiGroups,
  resources,
  verbs,
});

export const managerRules: PolicyRule[] = [
  // The garbage collector and the namespace controller look at every kind, and delete of every kind.
  rule(['*'], ['*'], ['delete', 'deletecollection', 'get', 'list', 'patch', 'watch']),
  { nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/version'], verbs: ['get'] },
  rule([''], ['namespaces/finalize', 'namespaces/status', 'nodes', 'nodes/status'], ['patch', 'update']),
  rule([''], ['pods'], ['create', 'update']),
  rule([''], ['pods/binding', 'pods/eviction', 'bindings'], ['create']),
  rule([''], ['pods/status'], ['patch', 'update']),
  rule([''], ['configmaps', 'endpoints', 'serviceaccounts'], ['create', 'update']),
  rule(['', 'events.k8s.io'], ['events'], ['create', 'patch', 'update']),
  rule(['discovery.k8s.io'], ['endpointslices'], ['create', 'update']),
  rule(['apps'], ['controllerrevisions', 'daemonsets', 'deployments', 'replicasets'], ['create', 'update']),
  rule(['apps'], ['daemonsets/status', 'deployments/status', 'replicasets/status'], ['patch', 'update']),
  rule(['batch'], ['jobs', 'jobs/status'], ['patch', 'update']),
  rule(['policy'], ['poddisruptionbudgets/status'], ['patch', 'update']),
  rule(['coordination.k8s.io'], ['leases'], ['create', 'update']),
  // Owners are set with blockOwnerDeletion, which asks for this.
  rule(['apps'], ['daemonsets/finalizers', 'deployments/finalizers', 'replicasets/finalizers'], ['update']),
  rule(['batch'], ['jobs/finalizers'], ['update']),
];
