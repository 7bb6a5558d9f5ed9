// RBAC: the rules that roles give to users by bindings, kept compiled and rebuilt when a role or binding changes.

import {
  type ClusterRole,
  type ClusterRoleBinding,
  type PolicyRule,
  type Role,
  type RoleBinding,
  selectorMatches,
} from '@selvedge/kubernetes';
import type { Store } from '../../store/store-contract.ts';
import { readServiceAccountName, type User } from '../authentication/user.ts';
import type { Attributes, Decision } from './attributes.ts';
import { ruleAllows } from './rules.ts';

const group = 'rbac.authorization.k8s.io';
const collections = {
  clusterRoles: `clusterroles.${group}`,
  clusterRoleBindings: `clusterrolebindings.${group}`,
  roles: `roles.${group}`,
  roleBindings: `rolebindings.${group}`,
} as const;

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

interface Binding {
  readonly subjects: readonly Subject[];
  readonly rules: readonly PolicyRule[];
  readonly description: string;
}

interface Compiled {
  readonly cluster: readonly Binding[];
  readonly byNamespace: ReadonlyMap<string, readonly Binding[]>;
}

export class Rbac {
  readonly #store: Store;
  #compiled: Compiled | undefined;

  constructor(store: Store) {
    this.#store = store;
    for (const name of Object.values(collections)) {
      const collection = store.collection(name);
      collection.watch(store.revision, () => {
        this.#compiled = undefined;
      });
    }
  }

  decide(user: User, attributes: Attributes): Decision {
    const namespace = attributes.kind === 'resource' ? attributes.namespace : '';
    for (const { binding, subject } of this.#bindingsOf(user, namespace)) {
      if (binding.rules.some((rule) => ruleAllows(rule, attributes))) {
        return { kind: 'allow', reason: `RBAC: allowed by ${binding.description} to ${describe(subject)}` };
      }
    }
    return { kind: 'no-opinion', reason: '' };
  }

  /** All rules that hold for a user in a namespace (and, of the cluster's, everywhere). */
  rulesOf(user: User, namespace: string): PolicyRule[] {
    return [...this.#bindingsOf(user, namespace)].flatMap(({ binding }) => [...binding.rules]);
  }

  /** What a binding in the namespace would grant by a role; undefined when there is no such role. */
  rulesOfRole({ kind, name }: { kind: string; name: string }, namespace: string): PolicyRule[] | undefined {
    if (kind !== 'ClusterRole') {
      const roles = new Map(this.#read<Role>(collections.roles));
      const role = roles.get(`${namespace}/${name}`);
      return role && (role.rules ?? []);
    }
    const clusterRoles = new Map(this.#read<ClusterRole>(collections.clusterRoles));
    const role = clusterRoles.get(name);
    return role && clusterRoleRules(role, clusterRoles);
  }

  *#bindingsOf(user: User, namespace: string): Generator<{ binding: Binding; subject: Subject }> {
    const compiled = this.#compile();
    const ofNamespace = namespace === '' ? [] : (compiled.byNamespace.get(namespace) ?? []);
    for (const bindings of [compiled.cluster, ofNamespace]) {
      for (const binding of bindings) {
        const subject = binding.subjects.find((one) => isSubject(one, user));
        if (subject) yield { binding, subject };
      }
    }
  }

  #compile(): Compiled {
    if (this.#compiled) return this.#compiled;
    const clusterRoles = new Map(this.#read<ClusterRole>(collections.clusterRoles));
    const roles = new Map(this.#read<Role>(collections.roles).map(([key, role]) => [key, role.rules ?? []]));
    const rulesOfClusterRole = (name: string) => clusterRoleRules(clusterRoles.get(name), clusterRoles);
    const cluster = this.#read<ClusterRoleBinding>(collections.clusterRoleBindings).map(([name, binding]) =>
      bound(binding, rulesOfClusterRole(binding.roleRef.name), `ClusterRoleBinding ${JSON.stringify(name)}`),
    );
    const byNamespace = new Map<string, Binding[]>();
    for (const [key, binding] of this.#read<RoleBinding>(collections.roleBindings)) {
      const namespace = key.slice(0, key.indexOf('/'));
      const { kind, name } = binding.roleRef;
      const rules =
        kind === 'ClusterRole' ? rulesOfClusterRole(name) : (roles.get(`${namespace}/${name}`) ?? []);
      const list = byNamespace.get(namespace) ?? [];
      byNamespace.set(namespace, list);
      const shown = JSON.stringify(`${binding.metadata?.name ?? ''}/${namespace}`);
      list.push(bound(binding, rules, `RoleBinding ${shown}`));
    }
    this.#compiled = { cluster, byNamespace };
    return this.#compiled;
  }

  #read<T>(collection: string): Array<[key: string, object: T]> {
    const listed = this.#store.collection(collection).list({ prefix: '' });
    if (listed.kind !== 'entries') return [];
    return Array.from(listed.entries, (entry) => [
      entry.key,
      JSON.parse(Buffer.from(entry.value).toString('utf8')) as T,
    ]);
  }
}

/** A cluster role's rules; an aggregated one has those of all roles that its selectors choose. */
export function clusterRoleRules(
  role: ClusterRole | undefined,
  all: ReadonlyMap<string, ClusterRole>,
): PolicyRule[] {
  const selectors = role?.aggregationRule?.clusterRoleSelectors;
  if (!selectors) return role?.rules ?? [];
  const chosen = [...all.values()].filter(
    (other) =>
      other !== role && selectors.some((selector) => selectorMatches(selector, other.metadata?.labels ?? {})),
  );
  return chosen.flatMap((other) =>
    other.aggregationRule ? clusterRoleRules(other, without(all, role)) : (other.rules ?? []),
  );
}

/** Roles may select each other in a ring: each is looked into once. */
function without(
  all: ReadonlyMap<string, ClusterRole>,
  role: ClusterRole | undefined,
): Map<string, ClusterRole> {
  return new Map([...all].filter(([, other]) => other !== role));
}

function bound(
  binding: ClusterRoleBinding | RoleBinding,
  rules: readonly PolicyRule[],
  what: string,
): Binding {
  const subjects = (binding.subjects ?? []) as Binding['subjects'];
  const role = `${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)}`;
  return { subjects, rules, description: `${what} of ${role}` };
}

function isSubject({ kind, name, namespace }: Subject, user: User): boolean {
  switch (kind) {
    case 'User':
      return user.name === name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount': {
      const account = readServiceAccountName(user.name);
      return account?.name === name && account.namespace === namespace;
    }
    default:
      return false;
  }
}

function describe({ kind, name, namespace }: Subject): string {
  return `${kind} ${JSON.stringify(kind === 'ServiceAccount' ? `${name}/${namespace ?? ''}` : name)}`;
}
