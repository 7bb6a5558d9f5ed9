// What names KubeEdge's kinds to an API client: the stored version of each.

import type { ResourceType } from '@selvedge/kubernetes';

const type = (group: string, version: string, resource: string, kind: string): ResourceType => ({
  group,
  version,
  resource,
  kind,
  namespaced: true,
});

export const kubeEdgeResources = {
  objectsyncs: type('reliablesyncs.kubeedge.io', 'v1alpha1', 'objectsyncs', 'ObjectSync'),
  clusterobjectsyncs: {
    ...type('reliablesyncs.kubeedge.io', 'v1alpha1', 'clusterobjectsyncs', 'ClusterObjectSync'),
    namespaced: false,
  },
  devices: type('devices.kubeedge.io', 'v1beta1', 'devices', 'Device'),
  devicemodels: type('devices.kubeedge.io', 'v1beta1', 'devicemodels', 'DeviceModel'),
  rules: type('rules.kubeedge.io', 'v1', 'rules', 'Rule'),
  ruleendpoints: type('rules.kubeedge.io', 'v1', 'ruleendpoints', 'RuleEndpoint'),
} as const satisfies Record<string, ResourceType>;
