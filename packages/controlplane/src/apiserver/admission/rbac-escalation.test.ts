import { afterAll, beforeAll, expect, test } from 'bun:test';
import { TestServer } from '../testing/test-server.ts';

const group = 'rbac.authorization.k8s.io';
const base = `/apis/${group}/v1`;
const mallory = { name: 'mallory' };
const writeRbac = {
  apiGroups: [group],
  resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'],
  verbs: ['create', 'update', 'patch', 'get'],
};
const readPods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };
const refusal = (what: string, user = 'mallory') =>
  `${what} is forbidden: user "${user}" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n`;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  await server.grant('mallory', [writeRbac, readPods]);
});
afterAll(() => server[Symbol.asyncDispose]());

function role(name: string, rules: readonly object[] = [], more: object = {}) {
  return { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name }, rules, ...more };
}

function binding(name: string, roleName: string, kind = 'ClusterRole') {
  const roleRef = { apiGroup: group, kind, name: roleName };
  return { metadata: { name }, roleRef, subjects: [{ kind: 'User', name: 'mallory', apiGroup: group }] };
}

test('a role grants no more than its author holds', async () => {
  const rules = [
    { apiGroups: ['', 'apps'], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] },
    { nonResourceURLs: ['/x/*'], verbs: ['get'] },
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['a', 'b'], verbs: ['get', 'list'] },
  ];
  const { status, message } = await server.ask('POST', `${base}/clusterroles`, role('x', rules), mallory);
  expect(status).toBe(403);
  expect(message).toBe(
    `${refusal(`clusterroles.${group} "x"`)}{APIGroups:[""], Resources:["pods/log"], Verbs:["get" "list"]}
{APIGroups:[""], Resources:["secrets"], ResourceNames:["a"], Verbs:["get" "list"]}
{APIGroups:[""], Resources:["secrets"], ResourceNames:["b"], Verbs:["get" "list"]}
{APIGroups:["apps"], Resources:["pods"], Verbs:["get" "list"]}
{APIGroups:["apps"], Resources:["pods/log"], Verbs:["get" "list"]}
{NonResourceURLs:["/x/*"], Verbs:["get"]}`,
  );
  const held = await server.ask('POST', `${base}/clusterroles`, role('held', [readPods]), mallory);
  expect(held.status).toBe(201);
});

test('updates, patches and applies are held to the same', async () => {
  const path = `${base}/clusterroles/grown`;
  await server.make('POST', `${base}/clusterroles`, role('grown', [readPods]));
  const more = [{ apiGroups: [''], resources: ['secrets'], verbs: ['*'] }];
  const words = `${refusal(`clusterroles.${group} "grown"`)}{APIGroups:[""], Resources:["secrets"], Verbs:["*"]}`;
  for (const method of ['PUT', 'MERGE'] as const) {
    const { status, message } = await server.ask(method, path, role('grown', more), mallory);
    expect({ status, message }).toEqual({ status: 403, message: words });
  }
  const applied = await server.ask(
    'APPLY',
    `${path}?fieldManager=m&force=true`,
    role('grown', more),
    mallory,
  );
  expect(applied.message).toBe(words);
  const created = await server.ask(
    'APPLY',
    `${base}/clusterroles/new?fieldManager=m`,
    role('new', more),
    mallory,
  );
  expect(created.status).toBe(403);
  const aggregate = role('sum', [], { aggregationRule: { clusterRoleSelectors: [{}] } });
  const { message } = await server.ask('POST', `${base}/clusterroles`, aggregate, mallory);
  expect(message).toEndWith('is forbidden: must have cluster-admin privileges to use the aggregationRule');
});

test('a binding grants no more than its author holds, and names a role that is there', async () => {
  const post = (object: object, path = `${base}/clusterrolebindings`) =>
    server.ask('POST', path, object, mallory);
  expect((await post(binding('pwn', 'cluster-admin'))).message).toBe(
    `${refusal(`clusterrolebindings.${group} "pwn"`)}{APIGroups:["*"], Resources:["*"], Verbs:["*"]}
{NonResourceURLs:["*"], Verbs:["*"]}`,
  );
  expect(await post(binding('pwn', 'none'))).toMatchObject({
    status: 404,
    message: `clusterroles.${group} "none" not found`,
  });
  const local = `${base}/namespaces/default/rolebindings`;
  expect((await post(binding('pwn', 'none', 'Role'), local)).message).toBe(`roles.${group} "none" not found`);
  expect((await post(binding('pwn', 'cluster-admin'), local)).status).toBe(403);
  expect((await post(binding('own', 'mallory'), local)).status).toBe(201);
});

test('escalate and bind permit it, on the roles that they name', async () => {
  const escalate = { apiGroups: [group], resources: ['clusterroles'], verbs: ['escalate'] };
  await server.grant('eve', [writeRbac, escalate]);
  const bind = { ...escalate, verbs: ['bind'], resourceNames: ['view'] };
  await server.grant('bob', [writeRbac, bind]);
  const secrets = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
  const ask = (user: string, kind: string, object: object) =>
    server.ask('POST', `${base}/${kind}`, object, { name: user });
  expect((await ask('eve', 'clusterroles', role('any', secrets))).status).toBe(201);
  expect((await ask('eve', 'clusterrolebindings', binding('any', 'any'))).status).toBe(403);
  expect((await ask('bob', 'clusterrolebindings', binding('viewer', 'view'))).status).toBe(201);
  expect((await ask('bob', 'clusterrolebindings', binding('editor', 'edit'))).status).toBe(403);
});
