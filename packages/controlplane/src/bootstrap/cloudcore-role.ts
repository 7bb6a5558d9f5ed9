// What cloudcore may do on the embedded control plane: what it delivers to edges, and what edges report back.

import type { PolicyRule } from '@selvedge/kubernetes';

const rule = (apiGroups: string[], resources: string[], verbs: string[]): PolicyRule => ({
  apiGroups,
  resources,
  verbs,
});
const read = ['get', 'list', 'watch'];

export const cloudcoreRole: PolicyRule[] = [
  rule([''], ['configmaps', 'endpoints', 'namespaces', 'secrets', 'serviceaccounts', 'services'], read),
  rule([''], ['nodes'], [...read, 'create', 'patch', 'update']),
  rule([''], ['nodes/status', 'pods/status'], ['patch', 'update']),
  rule([''], ['pods'], [...read, 'create', 'delete', 'patch', 'update']),
  rule([''], ['serviceaccounts/token'], ['create']),
  rule(['', 'events.k8s.io'], ['events'], ['create', 'get', 'patch', 'update']),
  rule(['coordination.k8s.io'], ['leases'], [...read, 'create', 'delete', 'patch', 'update']),
  rule(['discovery.k8s.io'], ['endpointslices'], read),
  rule(['authentication.k8s.io'], ['tokenreviews'], ['create']),
  rule(['authorization.k8s.io'], ['subjectaccessreviews'], ['create']),
  rule(['apiextensions.k8s.io'], ['customresourcedefinitions'], read),
  rule(
    [
      'devices.kubeedge.io',
      'rules.kubeedge.io',
      'reliablesyncs.kubeedge.io',
      'apps.kubeedge.io',
      'operations.kubeedge.io',
      'policy.kubeedge.io',
    ],
    ['*'],
    [...read, 'create', 'delete', 'patch', 'update'],
  ),
];
