// The words of KubeEdge's protocol: operations, groups, module names and resource types, as they stand on the wire.

export const operation = {
  insert: 'insert',
  update: 'update',
  delete: 'delete',
  query: 'query',
  patch: 'patch',
  upload: 'upload',
  response: 'response',
  error: 'error',
  keepalive: 'keepalive',
  get: 'get',
  applicationResponse: 'applicationResponse',
} as const;

export const group = {
  resource: 'resource',
  func: 'func',
  meta: 'meta',
  hub: 'hub',
  twin: 'twin',
  user: 'user',
  taskManager: 'taskmanager',
  dynamicController: 'dynamiccontroller',
} as const;

export const source = {
  cloudHub: 'cloudhub',
  edgeController: 'edgecontroller',
  deviceController: 'devicecontroller',
  syncController: 'synccontroller',
  dynamicController: 'dynamiccontroller',
  policyController: 'policycontroller',
  taskManager: 'taskmanager',
  nodeUpgradeJobController: 'nodeupgradejobcontroller',
  cloudStream: 'cloudStream',
  routerEventBus: 'router_eventbus',
  routerServiceBus: 'router_servicebus',
  /** The edge's EdgeHub. */
  edgeHub: 'websocket',
  edged: 'edged',
  metaManager: 'metamanager',
  metaServer: 'metaserver',
  twin: 'twin',
  eventBus: 'bus',
  serviceBus: 'servicebus',
} as const;

export const resourceType = {
  pod: 'pod',
  podList: 'podlist',
  podStatus: 'podstatus',
  podPatch: 'podpatch',
  configMap: 'configmap',
  secret: 'secret',
  serviceAccountToken: 'serviceaccounttoken',
  node: 'node',
  nodeStatus: 'nodestatus',
  nodePatch: 'nodepatch',
  lease: 'lease',
  event: 'event',
  service: 'service',
  endpointSlice: 'endpointslice',
  certificateSigningRequest: 'certificatesigningrequest',
  persistentVolume: 'persistentvolume',
  persistentVolumeClaim: 'persistentvolumeclaim',
  volumeAttachment: 'volumeattachment',
} as const;

/** Content of an acknowledgement and of a plain success. */
export const okContent = 'OK';
/** The namespace of cluster-scoped objects in a resource. */
export const nullNamespace = 'null';
/** The cluster's CA, as an edge asks for it. */
export const kubernetesAuthorityResource = 'k8s/ca.crt';

/** Sources that only the cloud's modules use: an upstream message that bears one is an acknowledgement or forged. */
export const cloudSources: ReadonlySet<string> = new Set([
  source.cloudHub,
  source.cloudStream,
  source.deviceController,
  source.edgeController,
  source.syncController,
]);
