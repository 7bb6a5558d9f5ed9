// KubeEdge's policy.kubeedge.io: service accounts of pods at the edge. The notation: schema-text.ts.

import type { CustomKind } from '../custom-kind.ts';

const serviceAccountAccess: CustomKind = {
  group: 'policy.kubeedge.io',
  kind: 'ServiceAccountAccess',
  plural: 'serviceaccountaccesses',
  scope: 'Namespaced',
  shortNames: ['saaccess'],
  description: 'A service account in use at the edge, with the rights it has.',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      statusSubresource: true,
      schema: `
spec: object # A service account in use on edge nodes, with what it may do.
  accessClusterRoleBinding: array # Cluster-wide bindings, with the rules they grant.
    -: object
      clusterRoleBinding: object
        apiVersion: string
        kind: string
        metadata: object
          annotations: object
            *: string
          finalizers: array
            -: string
          labels: object
            *: string
          name: string
          namespace: string
        roleRef!: object
          apiGroup!: string
          kind!: string
          name!: string
        subjects: array atomic
          -: object
            apiGroup: string
            kind!: string
            name!: string
            namespace: string
      rules: array
        -: object
          apiGroups: array atomic
            -: string
          nonResourceURLs: array atomic
            -: string
          resourceNames: array atomic
            -: string
          resources: array atomic
            -: string
          verbs!: array atomic
            -: string
  accessRoleBinding: array # Bindings in the namespace, with the rules they grant.
    -: object
      roleBinding: object
        apiVersion: string
        kind: string
        metadata: object
          annotations: object
            *: string
          finalizers: array
            -: string
          labels: object
            *: string
          name: string
          namespace: string
        roleRef!: object
          apiGroup!: string
          kind!: string
          name!: string
        subjects: array atomic
          -: object
            apiGroup: string
            kind!: string
            name!: string
            namespace: string
      rules: array
        -: object
          apiGroups: array atomic
            -: string
          nonResourceURLs: array atomic
            -: string
          resourceNames: array atomic
            -: string
          resources: array atomic
            -: string
          verbs!: array atomic
            -: string
  serviceAccount: object # The account.
    apiVersion: string
    automountServiceAccountToken: boolean
    imagePullSecrets: array atomic
      -: object
        name: string default-empty
    kind: string
    metadata: object
      annotations: object
        *: string
      finalizers: array
        -: string
      labels: object
        *: string
      name: string
      namespace: string
    secrets: array map(name)
      -: object
        apiVersion: string
        fieldPath: string
        kind: string
        name!: string
        namespace: string
        resourceVersion: string
        uid: string
  serviceAccountUid: string
status: object
  nodeList: array # Nodes with pods that use the account.
    -: string
`,
    },
  ],
};

export const policyKinds: readonly CustomKind[] = [serviceAccountAccess];
