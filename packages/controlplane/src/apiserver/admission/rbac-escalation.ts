// Nobody grants by roles and bindings what they do not hold themselves, unless they may `escalate` or `bind`.
// Source: k8s.io/kubernetes/pkg/registry/rbac (escalation_check.go, */policybased), whose place is before validation.

import {
  type ClusterRole,
  equalJson,
  type KubeObject,
  type PolicyRule,
  type RoleBinding,
} from '@selvedge/kubernetes';
import { mastersGroup } from '../authentication/user.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import { describeRules, quoted, uncovered } from '../authorization/rule-cover.ts';
import { metaOf } from '../object-meta.ts';
import { refuse } from '../status-error.ts';
import { type AdmissionPlugin, type AdmissionRequest, deny } from './admission.ts';

const group = 'rbac.authorization.k8s.io';
const everything: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

export class RbacEscalation implements AdmissionPlugin {
  readonly name = 'RbacEscalation';
  readonly #authorizer: Authorizer;

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  mutate(request: AdmissionRequest): void {
    const { resource, options, old, object } = request;
    if (resource.group !== group || options.user.groups.includes(mastersGroup)) return;
    // The garbage collector may take owners and finalizers away, whatever the role grants.
    if (old && equalJson(withoutOwners(object), withoutOwners(old))) return;
    if (resource.kind === 'ClusterRole' || resource.kind === 'Role') this.#checkRole(request);
    else this.#checkBinding(request);
  }

  #checkRole(request: AdmissionRequest): void {
    const { resource, namespace, object, old, operation } = request;
    const name = operation === 'UPDATE' ? (metaOf(object).name ?? '') : '';
    if (this.#may(request, { verb: 'escalate', resource: resource.resource, namespace, name })) return;
    const role = object as KubeObject & ClusterRole;
    this.#requireHeld(request, role.rules ?? []);
    // An aggregated role has whatever its selectors choose, later too.
    const aggregates = role.aggregationRule ?? (old as ClusterRole | undefined)?.aggregationRule;
    if (aggregates && this.#missing(request, everything).length > 0) {
      deny(request, 'must have cluster-admin privileges to use the aggregationRule');
    }
  }

  #checkBinding(request: AdmissionRequest): void {
    const { namespace } = request;
    const { kind, name } = (request.object as KubeObject & RoleBinding).roleRef ?? { kind: '', name: '' };
    const roles = { ClusterRole: 'clusterroles', Role: 'roles' }[kind];
    // Validation refuses any other kind.
    if (roles === undefined) return;
    if (this.#may(request, { verb: 'bind', resource: roles, namespace, name })) return;
    const rules = this.#authorizer.rbac.rulesOfRole({ kind, name }, namespace);
    if (!rules) throw refuse.notFound({ group, resource: roles }, name);
    this.#requireHeld(request, rules);
  }

  #may(
    { options }: AdmissionRequest,
    asked: { verb: string; resource: string; namespace: string; name: string },
  ): boolean {
    const attributes = { kind: 'resource', group, subresource: '', ...asked } as const;
    return this.#authorizer.decide(options.user, attributes).kind === 'allow';
  }

  #missing({ options, namespace }: AdmissionRequest, granted: readonly PolicyRule[]): PolicyRule[] {
    return uncovered(this.#authorizer.rbac.rulesOf(options.user, namespace), granted);
  }

  #requireHeld(request: AdmissionRequest, granted: readonly PolicyRule[]): void {
    const missing = this.#missing(request, granted);
    if (missing.length === 0) return;
    const { name, groups } = request.options.user;
    const who = `user ${JSON.stringify(name)} (groups=${quoted(groups)})`;
    const what = 'is attempting to grant RBAC permissions not currently held';
    deny(request, `${who} ${what}:\n${describeRules(missing).join('\n')}`);
  }
}

function withoutOwners(object: KubeObject): object {
  const { ownerReferences: _1, finalizers: _2, managedFields: _3, ...metadata } = metaOf(object);
  return { ...object, metadata };
}
