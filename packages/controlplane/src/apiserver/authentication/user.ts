// Who makes a request.

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const anonymousUser: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
export const authenticatedGroup = 'system:authenticated';
export const mastersGroup = 'system:masters';

export function withAuthenticatedGroup(user: User): User {
  if (user.groups.includes(authenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}

const serviceAccountPrefix = 'system:serviceaccount:';

export function serviceAccountUser(namespace: string, name: string, uid?: string): User {
  return {
    name: `${serviceAccountPrefix}${namespace}:${name}`,
    ...(uid === undefined ? {} : { uid }),
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, authenticatedGroup],
  };
}

/** Namespace and name of a service account's user name; undefined for other users. */
export function readServiceAccountName(userName: string): { namespace: string; name: string } | undefined {
  const [namespace = '', name = '', ...more] = userName.startsWith(serviceAccountPrefix)
    ? userName.slice(serviceAccountPrefix.length).split(':')
    : [];
  return namespace && name && more.length === 0 ? { namespace, name } : undefined;
}

/** The node that a user `system:node:NAME` of group `system:nodes` is. */
export function nodeNameOf(user: User): string | undefined {
  if (!user.groups.includes('system:nodes') || !user.name.startsWith('system:node:')) return undefined;
  return user.name.slice('system:node:'.length) || undefined;
}
