// KubeEdge's operations.kubeedge.io: jobs on many nodes. The notation: schema-text.ts.

import type { CustomKind } from '../custom-kind.ts';

const nodeUpgradeJob: CustomKind = {
  group: 'operations.kubeedge.io',
  kind: 'NodeUpgradeJob',
  plural: 'nodeupgradejobs',
  scope: 'Cluster',
  description: 'Brings edge nodes to another version.',
  versions: [
    {
      name: 'v1alpha2',
      storage: true,
      statusSubresource: true,
      schema: `
spec: object # Which nodes are brought to which version.
  checkItems: array # What is checked on a node before.
    -: string
  concurrency: integer int32 # How many nodes are upgraded at the same time.
  failureTolerate: string # Share of nodes that may fail before the job does.
  image: string # Image that holds the program to install.
  imageDigestGatter: object
    amd64: string
    arm64: string
    registryAPI: object
      host!: string
      token!: string
  labelSelector: object # Nodes by their labels.
    matchExpressions: array atomic
      -: object
        key!: string
        operator!: string
        values: array atomic
          -: string
    matchLabels: object
      *: string
  nodeNames: array # Nodes by name.
    -: string
  requireConfirmation: boolean # Whether somebody at the edge has to agree.
  timeoutSeconds: integer int32 # How long the job may take on one node.
  version: string # The version to install.
status: object # How far the job is, node by node.
  action: string
  currentVersion: string
  event: string
  historicVersion: string
  nodeStatus: array
    -: object
      actionFlow: array
        -: object
          action: string
          reason: string
          status: string
          time: string
      currentVersion: string
      event: string
      historicVersion: string
      nodeName: string
      phase: string
      reason: string
      state: string
  phase!: string
  reason: string
  state: string
  time: string
`,
    },
    {
      name: 'v1alpha1',
      storage: false,
      statusSubresource: true,
      schema: `
spec: object # Which nodes are brought to which version.
  checkItems: array # What is checked on a node before.
    -: string
  concurrency: integer int32 # How many nodes are upgraded at the same time.
  failureTolerate: string # Share of nodes that may fail before the job does.
  image: string # Image that holds the program to install.
  imageDigestGatter: object
    registryAPI: object
      host!: string
      token!: string
    value: string
  labelSelector: object # Nodes by their labels.
    matchExpressions: array atomic
      -: object
        key!: string
        operator!: string
        values: array atomic
          -: string
    matchLabels: object
      *: string
  nodeNames: array # Nodes by name.
    -: string
  requireConfirmation: boolean # Whether somebody at the edge has to agree.
  timeoutSeconds: integer int32 # How long the job may take on one node.
  version: string # The version to install.
  upgradeTool: string
status: object # How far the job is, node by node.
  action: string
  currentVersion: string
  event: string
  historicVersion: string
  nodeStatus: array
    -: object
      action: string
      event: string
      nodeName: string
      reason: string
      state: string
      time: string
  reason: string
  state: string
  time: string
  status: array
    -: object
      history: object
        fromVersion: string
        historyID: string
        reason: string
        result: string enum(upgrade_success|upgrade_failed_rollback_success|upgrade_failed_rollback_failed)
        toVersion: string
        upgradeTime: string
      nodeName: string
      state: string enum(upgrading|completed)
`,
    },
  ],
};

const imagePrePullJob: CustomKind = {
  group: 'operations.kubeedge.io',
  kind: 'ImagePrePullJob',
  plural: 'imageprepulljobs',
  scope: 'Cluster',
  description: 'Pulls images to edge nodes ahead of use.',
  versions: [
    {
      name: 'v1alpha2',
      storage: true,
      statusSubresource: true,
      schema: `
spec!: object # Which images are pulled to which nodes ahead of use.
  imagePrePullTemplate: object # The images and the nodes.
    checkItems: array
      -: string
    concurrency: integer int32
    failureTolerate: string
    imageSecrets: string # Secret with the registry credentials.
    images: array # The images to pull.
      -: string
    labelSelector: object
      matchExpressions: array atomic
        -: object
          key!: string
          operator!: string
          values: array atomic
            -: string
      matchLabels: object
        *: string
    nodeNames: array
      -: string
    retryTimes: integer int32
    timeoutSeconds: integer int32
status: object # How far the job is, node by node.
  action: string
  event: string
  nodeStatus: array
    -: object
      actionFlow: array
        -: object
          action: string
          reason: string
          status: string
          time: string
      imageStatus: array
        -: object
          image: string
          reason: string
          status: string
      nodeName: string
      phase: string
      reason: string
  phase!: string
  reason: string
  state: string
  status: array
    -: object
      imageStatus: array
        -: object
          image: string
          reason: string
          state: string
      nodeStatus: object
        action: string
        event: string
        nodeName: string
        reason: string
        state: string
        time: string
  time: string
`,
    },
    {
      name: 'v1alpha1',
      storage: false,
      statusSubresource: true,
      schema: `
spec!: object # Which images are pulled to which nodes ahead of use.
  imagePrePullTemplate: object # The images and the nodes.
    checkItems: array
      -: string
    concurrency: integer int32
    failureTolerate: string
    imageSecrets: string # Secret with the registry credentials.
    images: array # The images to pull.
      -: string
    labelSelector: object
      matchExpressions: array atomic
        -: object
          key!: string
          operator!: string
          values: array atomic
            -: string
      matchLabels: object
        *: string
    nodeNames: array
      -: string
    retryTimes: integer int32
    timeoutSeconds: integer int32
status: object # How far the job is, node by node.
  action: string
  event: string
  reason: string
  state: string
  status: array
    -: object
      imageStatus: array
        -: object
          image: string
          reason: string
          state: string
      nodeStatus: object
        action: string
        event: string
        nodeName: string
        reason: string
        state: string
        time: string
  time: string
`,
    },
  ],
};

const configUpdateJob: CustomKind = {
  group: 'operations.kubeedge.io',
  kind: 'ConfigUpdateJob',
  plural: 'configupdatejobs',
  scope: 'Cluster',
  description: 'Changes settings of edge nodes.',
  versions: [
    {
      name: 'v1alpha2',
      storage: true,
      statusSubresource: true,
      schema: `
spec: object # Which settings of edge nodes change.
  concurrency: integer int32
  failureTolerate: string
  labelSelector: object
    matchExpressions: array atomic
      -: object
        key!: string
        operator!: string
        values: array atomic
          -: string
    matchLabels: object
      *: string
  nodeNames: array
    -: string
  timeoutSeconds: integer int32
  updateFields!: object # Settings by their path, with new values.
    *: string
status: object # How far the job is, node by node.
  nodeStatus: array
    -: object
      actionFlow: array
        -: object
          action: string
          reason: string
          status: string
          time: string
      nodeName: string
      phase: string
      reason: string
  phase!: string
  reason: string
`,
    },
  ],
};

export const operationsKinds: readonly CustomKind[] = [nodeUpgradeJob, imagePrePullJob, configUpdateJob];
