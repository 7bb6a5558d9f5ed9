// The public face of the apis package: KubeEdge's CustomResourceDefinitions, and types for the kinds we use.

import { type CustomResourceDefinition, toDefinition } from './custom-kind.ts';
import { appsKinds } from './definitions/apps.ts';
import { devicesKinds } from './definitions/devices.ts';
import { operationsKinds } from './definitions/operations.ts';
import { policyKinds } from './definitions/policy.ts';
import { reliablesyncsKinds } from './definitions/reliablesyncs.ts';
import { rulesKinds } from './definitions/rules.ts';

export type { CustomResourceDefinition } from './custom-kind.ts';
export { kubeEdgeResources } from './resources.ts';
export type {
  ClusterObjectSync,
  Device,
  DeviceModel,
  DeviceProperty,
  ObjectSync,
  ObjectSyncSpec,
  ObjectSyncStatus,
  ProtocolConfig,
  Twin,
  TwinProperty,
} from './types.ts';

/** KubeEdge's CustomResourceDefinitions, as a cluster needs them before cloudcore starts. Built anew on each call. */
export function customResourceDefinitions(): CustomResourceDefinition[] {
  const groups = [reliablesyncsKinds, devicesKinds, rulesKinds, appsKinds, operationsKinds, policyKinds];
  return groups.flat().map(toDefinition);
}
