// Impersonation: a user who may act as another sends Impersonate-User and its kin.

import type { IncomingHttpHeaders } from 'node:http';
import type { Attributes } from '../authorization/attributes.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import { denialText } from '../authorization/authorizer.ts';
import { refuse } from '../status-error.ts';
import { authenticatedGroup, readServiceAccountName, serviceAccountUser, type User } from './user.ts';

const extraPrefix = 'impersonate-extra-';

export function impersonated(headers: IncomingHttpHeaders, user: User, authorizer: Authorizer): User {
  const name = one(headers['impersonate-user']);
  const groups = many(headers['impersonate-group']);
  const uid = one(headers['impersonate-uid']);
  const extra = readExtra(headers);
  if (name === '') {
    if (groups.length === 0 && uid === '' && Object.keys(extra).length === 0) return user;
    throw refuse.badRequest('requested impersonation without impersonating a user');
  }
  const account = readServiceAccountName(name);
  const asked: ResourceAttributes[] = [
    account
      ? attributes('', 'serviceaccounts', account.name, account.namespace)
      : attributes('', 'users', name),
    ...groups.map((group) => attributes('', 'groups', group)),
    ...(uid === '' ? [] : [attributes('authentication.k8s.io', 'uids', uid)]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => ({
        ...attributes('authentication.k8s.io', 'userextras', value),
        subresource: key,
      })),
    ),
  ];
  for (const one of asked) {
    if (authorizer.decide(user, one).kind === 'allow') continue;
    throw refuse.forbidden({ group: one.group, resource: one.resource }, one.name, denialText(user, one));
  }
  if (account && groups.length === 0)
    return { ...serviceAccountUser(account.namespace, account.name), extra };
  const anonymous = name === 'system:anonymous';
  const implied = anonymous ? 'system:unauthenticated' : authenticatedGroup;
  return {
    name,
    ...(uid === '' ? {} : { uid }),
    groups: groups.includes(implied) ? groups : [...groups, implied],
    extra,
  };
}

type ResourceAttributes = Extract<Attributes, { kind: 'resource' }>;

function attributes(group: string, resource: string, name: string, namespace = ''): ResourceAttributes {
  return { kind: 'resource', verb: 'impersonate', group, resource, subresource: '', namespace, name };
}

function readExtra(headers: IncomingHttpHeaders): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(extraPrefix)) continue;
    extra[decodeKey(header.slice(extraPrefix.length))] = many(value);
  }
  return extra;
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function one(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

/** Node joins repeated headers with a comma; Kubernetes' names hold none. */
function many(value: string | string[] | undefined): string[] {
  const list = Array.isArray(value) ? value : value === undefined ? [] : value.split(',');
  return list.map((text) => text.trim()).filter((text) => text !== '');
}
