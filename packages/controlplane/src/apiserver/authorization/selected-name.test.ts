import { afterAll, beforeAll, expect, test } from 'bun:test';
import { TestServer } from '../testing/test-server.ts';

const secrets = '/api/v1/namespaces/default/secrets';
const alice = { name: 'alice' };

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  const verbs = ['list', 'watch'];
  await server.grant('alice', [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['mine'], verbs }]);
  for (const name of ['mine', 'theirs']) await server.make('POST', secrets, { metadata: { name } });
});
afterAll(() => server[Symbol.asyncDispose]());

/** The names that a list by the selector shows, or the status of its refusal. */
async function listed(fieldSelector: string, path = secrets): Promise<string[] | number> {
  const { status, object } = await server.ask(
    'GET',
    `${path}?${new URLSearchParams({ fieldSelector })}`,
    undefined,
    alice,
  );
  return object.items?.map(({ metadata }) => metadata.name) ?? status;
}

test('who may see one name may list by that name, and by no selector that only looks like it', async () => {
  expect(await listed('metadata.name=mine')).toEqual(['mine']);
  expect(await listed('metadata.name=mine', '/api/v1/secrets')).toEqual(['mine']);
  expect(await listed('metadata.name==mine,type=Opaque')).toEqual(['mine']);
  expect(await listed('metadata.name=mine,metadata.name=theirs')).toEqual([]);
  for (const text of [
    '',
    'metadata.name=theirs',
    'metadata.name!=mine',
    'metadata.namespace!=x\\,metadata.name=mine',
  ]) {
    expect(await listed(text), text).toBe(403);
  }
});
