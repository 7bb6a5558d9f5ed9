// Whether a user may do what a request asks: system:masters, the node authorizer, then RBAC.

import { mastersGroup, type User } from '../authentication/user.ts';
import type { RequestInfo } from '../request-info.ts';
import type { Attributes, Decision } from './attributes.ts';
import type { NodeAuthorizer } from './node-authorizer.ts';
import type { Rbac } from './rbac.ts';

export class Authorizer {
  readonly rbac: Rbac;
  readonly #nodes: NodeAuthorizer;

  constructor(parts: { rbac: Rbac; nodes: NodeAuthorizer }) {
    this.rbac = parts.rbac;
    this.#nodes = parts.nodes;
  }

  decide(user: User, attributes: Attributes): Decision {
    if (user.groups.includes(mastersGroup)) return { kind: 'allow', reason: '' };
    const node = this.#nodes.decide(user, attributes);
    if (node.kind === 'allow') return node;
    const rbac = this.rbac.decide(user, attributes);
    if (rbac.kind === 'allow') return rbac;
    return {
      kind: 'no-opinion',
      reason: [node.reason, rbac.reason].filter((reason) => reason !== '').join(', '),
    };
  }
}

export function attributesOf(info: RequestInfo): Attributes {
  if (info.kind === 'path') return info;
  const { verb, group, resource, subresource, namespace } = info;
  const name = info.name || info.selectedName;
  return { kind: 'resource', verb, group, resource, subresource, namespace, name };
}

/** `User "dev" cannot list resource "pods" in API group "" in the namespace "t1"`, as Kubernetes says it. */
export function denialText(user: User, attributes: Attributes): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${attributes.verb}`;
  if (attributes.kind === 'path') return `${who} path ${JSON.stringify(attributes.path)}`;
  const { group, subresource, namespace } = attributes;
  const resource = subresource === '' ? attributes.resource : `${attributes.resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return `${who} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${where}`;
}
