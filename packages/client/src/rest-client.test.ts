import { expect, test } from 'bun:test';
import { type ConfigMap, type KubeObject, resources } from '@selvedge/kubernetes';
import { ApiFault } from './api-fault.ts';
import { createKubeClient } from './rest-client.ts';
import { answerJson, type Handler, startTestServer, testCertificate } from './test-server.ts';

async function withServer(handler: Handler, options: Partial<Parameters<typeof createKubeClient>[0]> = {}) {
  const server = await startTestServer(handler);
  const client = createKubeClient({ server: server.url, ca: testCertificate, ...options });
  return { server, client };
}

const configMap = (name: string): KubeObject => ({ metadata: { namespace: 'default', name } });

test('each verb sends the method, path and content type of the REST interface', async () => {
  const seen: string[] = [];
  const { server, client } = await withServer(
    (request, response, body) => {
      seen.push(`${request.method} ${request.url} ${request.headers['content-type'] ?? '-'} ${body}`);
      expect(request.headers.authorization).toBe('Bearer secret');
      answerJson(response, 200, { metadata: { resourceVersion: '1' }, items: null });
    },
    { token: async () => 'secret' },
  );
  await using _server = server;
  await using _client = client;
  const reference = { type: resources.configmaps, namespace: 'default', name: 'a' };
  await client.get(reference);
  const list = await client.list(resources.nodes, { labelSelector: 'a=b,c', limit: 2 });
  expect(list.items).toEqual([]);
  await client.create(resources.configmaps, configMap('a'), { fieldManager: 'm' });
  await client.create(resources.pods, configMap('p'), { name: 'p', subresource: 'binding' });
  await client.update(resources.leases, configMap('l'));
  await client.patch(reference, 'merge', { data: null });
  await client.patch(
    { type: resources.nodes, name: 'n' },
    'apply',
    {},
    { subresource: 'status', force: true },
  );
  await client.delete(reference, { propagationPolicy: 'Orphan', preconditions: { uid: 'u' } });
  const meta = '"metadata":{"namespace":"default","name"';
  expect(seen).toEqual([
    'GET /api/v1/namespaces/default/configmaps/a - ',
    'GET /api/v1/nodes?labelSelector=a%3Db%2Cc&limit=2 - ',
    `POST /api/v1/namespaces/default/configmaps?fieldManager=m application/json {"apiVersion":"v1","kind":"ConfigMap",${meta}:"a"}}`,
    `POST /api/v1/namespaces/default/pods/p/binding application/json {${meta}:"p"}}`,
    `PUT /apis/coordination.k8s.io/v1/namespaces/default/leases/l application/json {"apiVersion":"coordination.k8s.io/v1","kind":"Lease",${meta}:"l"}}`,
    'PATCH /api/v1/namespaces/default/configmaps/a application/merge-patch+json {"data":null}',
    'PATCH /api/v1/nodes/n/status?force=true application/apply-patch+yaml {}',
    'DELETE /api/v1/namespaces/default/configmaps/a application/json {"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Orphan","preconditions":{"uid":"u"}}',
  ]);
  expect(server.connections).toBe(1);
});

test('a Status is thrown as an ApiFault with its reason, any other error body is quoted', async () => {
  const { server, client } = await withServer((request, response) => {
    if (request.url?.includes('plain')) {
      response.writeHead(503, { 'content-type': 'text/plain' });
      response.end('starting');
    } else answerJson(response, 409, { kind: 'Status', reason: 'AlreadyExists', message: 'it is there' });
  });
  await using _server = server;
  await using _client = client;
  const exists = await client.create(resources.configmaps, configMap('a')).catch((error: unknown) => error);
  expect(exists).toBeInstanceOf(ApiFault);
  expect(exists).toMatchObject({
    reason: 'AlreadyExists',
    message: 'it is there',
    retryable: false,
    status: { code: 409 },
  });
  const plain = await client.get({ type: resources.nodes, name: 'plain' }).catch((error: unknown) => error);
  expect(plain).toMatchObject({ reason: 'ServiceUnavailable', retryable: true });
  expect(String(plain)).toContain('starting');
});

test('a 429 is tried again when the server says so', async () => {
  let calls = 0;
  const { server, client } = await withServer((_request, response) => {
    if (++calls < 3) {
      response.writeHead(429, { 'retry-after': '0', 'content-length': 0 });
      response.end();
    } else answerJson(response, 200, { metadata: { name: 'n' } });
  });
  await using _server = server;
  await using _client = client;
  expect((await client.get({ type: resources.nodes, name: 'n' })).metadata.name).toBe('n');
  expect(calls).toBe(3);
});

test('an answer above the cap is refused and the next request works', async () => {
  const { server, client } = await withServer(
    (request, response) =>
      answerJson(response, 200, request.url?.includes('big') ? { x: 'x'.repeat(5_000) } : {}),
    { maxResponseBytes: 1_000 },
  );
  await using _server = server;
  await using _client = client;
  const big = client.get({ type: resources.nodes, name: 'big' });
  await expect(big).rejects.toMatchObject({ code: 'client/response-too-large' });
  await client.get({ type: resources.nodes, name: 'small' });
});

test('many requests and long watches share the client without starving one another', async () => {
  const { server, client } = await withServer(
    (request, response) => {
      if (request.url?.includes('watch=true')) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write(
          `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'x', resourceVersion: '5' } } })}\n`,
        );
      } else answerJson(response, 200, { metadata: { name: 'n' } });
    },
    { maxConnections: 2 },
  );
  await using _server = server;
  await using _client = client;
  const stop = new AbortController();
  const watches = Array.from({ length: 5 }, async () => {
    const names: string[] = [];
    for await (const event of client.watch<ConfigMap & KubeObject>(resources.configmaps, {
      resourceVersion: '1',
      signal: stop.signal,
    })) {
      if (event.kind !== 'bookmark') names.push(event.object.metadata.name);
      if (names.length === 1) firsts.push(() => undefined);
      if (firsts.length === 5) allSeen();
    }
    return names;
  });
  const firsts: Array<() => void> = [];
  let allSeen: () => void = () => undefined;
  const seen = new Promise<void>((resolve) => {
    allSeen = resolve;
  });
  await Promise.all(Array.from({ length: 100 }, () => client.get({ type: resources.nodes, name: 'n' })));
  await seen;
  stop.abort();
  expect(await Promise.all(watches)).toEqual(Array.from({ length: 5 }, () => ['x']));
  expect(server.connections).toBe(7);
});

test('a watch reads across chunks, tells bookmarks, and ends with ApiFault Expired on a 410 event', async () => {
  const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
  const { server, client } = await withServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const lines = [
      { type: 'MODIFIED', object: { metadata: { name: 'é', resourceVersion: '7' } } },
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } },
      { type: 'ERROR', object: status },
    ];
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
    response.end();
  });
  await using _server = server;
  await using _client = client;
  const kinds: string[] = [];
  const read = async () => {
    const options = { resourceVersion: '1', signal: new AbortController().signal };
    for await (const event of client.watch(resources.nodes, options)) {
      kinds.push(
        event.kind === 'bookmark'
          ? `bookmark ${event.resourceVersion}`
          : `${event.kind} ${event.object.metadata.name}`,
      );
    }
  };
  await expect(read()).rejects.toMatchObject({ reason: 'Expired' });
  expect(kinds).toEqual(['modified é', 'bookmark 9']);
});

test('a slow reader loses nothing', async () => {
  const count = 500;
  const { server, client } = await withServer(
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const pad = 'x'.repeat(2_000);
      for (let at = 0; at < count; at++) {
        response.write(
          `${JSON.stringify({ type: 'ADDED', object: { metadata: { resourceVersion: `${at}` }, pad } })}\n`,
        );
      }
      response.end();
    },
    { maxBufferedEvents: 10 },
  );
  await using _server = server;
  await using _client = client;
  let next = 0;
  const options = { resourceVersion: '1', signal: new AbortController().signal };
  for await (const event of client.watch(resources.nodes, options)) {
    if (event.kind === 'added') expect(event.object.metadata.resourceVersion).toBe(`${next++}`);
    if (next % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(next).toBe(count);
});

test('nobody listening, and a server with another certificate, are faults', async () => {
  const { server, client } = await withServer((_request, response) => answerJson(response, 200, {}), {
    ca: '',
  });
  await expect(client.raw('GET', '/version')).rejects.toMatchObject({ code: 'client/unreachable' });
  await server[Symbol.asyncDispose]();
  await using gone = createKubeClient({ server: server.url, ca: testCertificate });
  await expect(gone.raw('GET', '/version')).rejects.toMatchObject({
    code: 'client/unreachable',
    retryable: true,
  });
  await client[Symbol.asyncDispose]();
  await expect(client.raw('GET', '/version')).rejects.toMatchObject({ code: 'client/closed' });
});

test('an aborted request is given up, also while it waits for a connection', async () => {
  const stop = new AbortController();
  const { server, client } = await withServer(() => setImmediate(() => stop.abort()), { maxConnections: 1 });
  await using _server = server;
  await using _client = client;
  const first = client.get({ type: resources.nodes, name: 'a' }, stop.signal);
  const second = client.get({ type: resources.nodes, name: 'b' }, stop.signal);
  const results = await Promise.allSettled([first, second]);
  expect(results.map((result) => (result.status === 'rejected' ? result.reason.code : ''))).toEqual([
    'client/aborted',
    'client/aborted',
  ]);
});

test('names and paths cannot smuggle anything into the request', async () => {
  const { server, client } = await withServer((request, response) =>
    answerJson(response, 200, { url: request.url }),
  );
  await using _server = server;
  await using _client = client;
  const got = await client.get({ type: resources.nodes, name: 'a/../b?c d' });
  expect(got).toEqual({ url: '/api/v1/nodes/a%2F..%2Fb%3Fc%20d' } as never);
  await expect(client.get({ type: resources.nodes, name: '..' })).rejects.toMatchObject({
    code: 'client/invalid-request',
  });
  await expect(client.raw('GET', '/x HTTP/1.1\r\nX: y')).rejects.toMatchObject({
    code: 'client/invalid-request',
  });
});
