// KubeEdge's rules.kubeedge.io: messages between cloud and edge. The notation: schema-text.ts.

import type { CustomKind } from '../custom-kind.ts';

const rule: CustomKind = {
  group: 'rules.kubeedge.io',
  kind: 'Rule',
  plural: 'rules',
  scope: 'Namespaced',
  description: 'Passes messages on from one endpoint to another.',
  versions: [
    {
      name: 'v1',
      storage: true,
      statusSubresource: false,
      schema: `
spec: object # From where to where messages are passed on.
  source!: string # Name of the endpoint that messages come from.
  sourceResource!: object # What of the source: a path or a topic.
    *: string
  target!: string # Name of the endpoint that messages go to.
  targetResource!: object # What of the target: a topic, a resource or a path.
    *: string
status: object
  successMessages: integer # How many messages were passed on.
  failMessages: integer # How many were not.
  errors: array # What went wrong last.
    -: string
`,
    },
  ],
};

const ruleEndpoint: CustomKind = {
  group: 'rules.kubeedge.io',
  kind: 'RuleEndpoint',
  plural: 'ruleendpoints',
  scope: 'Namespaced',
  shortNames: ['re'],
  description: 'A place that rules take messages from or send them to.',
  versions: [
    {
      name: 'v1',
      storage: true,
      statusSubresource: false,
      schema: `
spec: object # A place that messages come from or go to.
  ruleEndpointType!: string enum(rest|eventbus|servicebus) # Kind of the place.
  properties: object # Settings of the endpoint, such as the port of a service.
    *: string
`,
    },
  ],
};

export const rulesKinds: readonly CustomKind[] = [rule, ruleEndpoint];
