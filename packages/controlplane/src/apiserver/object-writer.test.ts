import { afterAll, beforeAll, expect, test } from 'bun:test';
import { TestServer } from './testing/test-server.ts';

const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const configMaps = '/api/v1/namespaces/default/configmaps';
const rule = (verbs: string[], ...resourceNames: string[]) => ({
  apiGroups: ['coordination.k8s.io', ''],
  resources: ['leases', 'configmaps'],
  verbs,
  resourceNames,
});

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  await server.grant('updater', [rule(['update', 'patch'])]);
  await server.grant('creator', [rule(['update', 'patch']), rule(['create'], 'mine')]);
});
afterAll(() => server[Symbol.asyncDispose]());

function put(user: string, name: string) {
  return server.ask('PUT', `${leases}/${name}`, { metadata: { name }, spec: {} }, { name: user });
}

function apply(user: string, name: string) {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: user } };
  return server.ask('APPLY', `${configMaps}/${name}?fieldManager=m&force=true`, object, { name: user });
}

test('a PUT or apply that creates asks for the verb create as well', async () => {
  expect(await put('updater', 'x')).toMatchObject({
    status: 403,
    message: 'leases.coordination.k8s.io "x" is forbidden: ',
  });
  expect(await apply('updater', 'x')).toMatchObject({
    status: 403,
    message: 'configmaps "x" is forbidden: ',
  });
  for (const ask of [put, apply]) {
    expect((await ask('creator', 'theirs')).status).toBe(403);
    expect((await ask('creator', 'mine')).status).toBe(201);
    expect((await ask('updater', 'mine')).status).toBe(200);
  }
});
