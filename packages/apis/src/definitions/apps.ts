// KubeEdge's apps.kubeedge.io: groups of nodes and applications deployed to them. The notation: schema-text.ts.

import type { CustomKind } from '../custom-kind.ts';

const nodeGroup: CustomKind = {
  group: 'apps.kubeedge.io',
  kind: 'NodeGroup',
  plural: 'nodegroups',
  scope: 'Cluster',
  shortNames: ['ng'],
  description: 'A group of edge nodes.',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      statusSubresource: true,
      schema: `
spec: object # Which nodes belong to the group.
  matchLabels: object # Nodes by their labels.
    *: string
  nodes: array # Nodes by name.
    -: string
  topologyEnabled: boolean
status: object # The nodes of the group and whether their selection succeeded.
  nodeStatuses: array
    -: object
      nodeName!: string
      readyStatus!: string
      selectionStatus!: string
      selectionStatusReason: string
`,
    },
  ],
};

const edgeApplication: CustomKind = {
  group: 'apps.kubeedge.io',
  kind: 'EdgeApplication',
  plural: 'edgeapplications',
  scope: 'Namespaced',
  shortNames: ['eapp'],
  description: 'Objects deployed to groups of nodes, each with its differences.',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      statusSubresource: true,
      schema: `
spec: object # What is deployed, and how it differs from group to group.
  workloadScope!: object # The groups of nodes to deploy to.
    targetNodeGroups: array
      -: object
        name!: string
        overriders: object # What is different in this group.
          argsOverriders: array
            -: object
              containerName!: string
              operator!: string enum(add|remove)
              value: array
                -: string
          commandOverriders: array
            -: object
              containerName!: string
              operator!: string enum(add|remove)
              value: array
                -: string
          envOverriders: array
            -: object
              containerName!: string
              operator!: string enum(add|remove|replace)
              value: array
                -: object
                  name!: string
                  value: string
                  valueFrom: object
                    configMapKeyRef: object
                      key!: string
                      name: string default-empty
                      optional: boolean
                    fieldRef: object
                      apiVersion: string
                      fieldPath!: string
                    resourceFieldRef: object
                      containerName: string
                      divisor: quantity
                      resource!: string
                    secretKeyRef: object
                      key!: string
                      name: string default-empty
                      optional: boolean
          imageOverriders: array
            -: object
              component!: string enum(Registry|Repository|Tag)
              operator!: string enum(add|remove|replace)
              predicate: object
                path!: string
              value: string
          replicas: integer
          resourcesOverriders: array
            -: object
              containerName!: string
              value!: object
                claims: array map(name)
                  -: object
                    name!: string
                    request: string
                limits: object
                  *: quantity
                requests: object
                  *: quantity
    targetNodeLabels: array
      -: object
        labelSelector: object
          matchExpressions: array atomic
            -: object
              key!: string
              operator!: string
              values: array atomic
                -: string
          matchLabels: object
            *: string
        overriders: object
          argsOverriders: array
            -: object
              containerName!: string
              operator!: string enum(add|remove)
              value: array
                -: string
          commandOverriders: array
            -: object
              containerName!: string
              operator!: string enum(add|remove)
              value: array
                -: string
          envOverriders: array
            -: object
              containerName!: string
              operator!: string enum(add|remove|replace)
              value: array
                -: object
                  name!: string
                  value: string
                  valueFrom: object
                    configMapKeyRef: object
                      key!: string
                      name: string default-empty
                      optional: boolean
                    fieldRef: object
                      apiVersion: string
                      fieldPath!: string
                    resourceFieldRef: object
                      containerName: string
                      divisor: quantity
                      resource!: string
                    secretKeyRef: object
                      key!: string
                      name: string default-empty
                      optional: boolean
          imageOverriders: array
            -: object
              component!: string enum(Registry|Repository|Tag)
              operator!: string enum(add|remove|replace)
              predicate: object
                path!: string
              value: string
          replicas: integer
          resourcesOverriders: array
            -: object
              containerName!: string
              value!: object
                claims: array map(name)
                  -: object
                    name!: string
                    request: string
                limits: object
                  *: quantity
                requests: object
                  *: quantity
  workloadTemplate: object # The objects to deploy.
    manifests: array
      -: object preserve
status: object # The state of each object.
  workloadStatus: array
    -: object
      conditions: string enum(Processing|Available)
      identifier!: object
        group: string
        kind: string
        name: string
        namespace: string
        ordinal!: integer min=0
        resource: string
        version: string
`,
    },
  ],
};

export const appsKinds: readonly CustomKind[] = [nodeGroup, edgeApplication];
