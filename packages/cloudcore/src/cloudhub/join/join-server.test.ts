import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { FakeClock, silentLogger, systemClock } from '@selvedge/base';
import { resources } from '@selvedge/kubernetes';
import {
  certificateHash,
  certificateToPem,
  createCertificateRequest,
  createClientIdentity,
  createJoinToken,
  createKey,
  createKubeEdgeAuthority,
  type Identity,
  keyToPem,
  nodeOfSubject,
  nodeSubject,
  parseJoinToken,
  subjectOf,
} from '@selvedge/pki';
import { MemoryApi } from '../../edgecontroller/testing/memory-api.ts';
import { CertificateIssuer } from './certificate-issuer.ts';
import { keepDefaultToken, refreshDefaultToken } from './default-token.ts';
import { ensureHubIdentity, type HubIdentity } from './hub-secrets.ts';
import { rejoinAnnotation } from './join-policy.ts';
import { type JoinServer, startJoinServer } from './join-server.ts';
import { createToken, deleteToken, listTokens, readDefaultToken } from './tokens.ts';

const hosts = ['127.0.0.1'];
const api = new MemoryApi();
const clock = systemClock;
const connected = new Set<string>();
let hub: HubIdentity;
let server: JoinServer;

beforeAll(async () => {
  hub = await ensureHubIdentity({ client: api, clock, logger: silentLogger, hosts });
});

// A server of its own for each test, so that the failures of one do not slow down the next.
beforeEach(async () => {
  await server?.[Symbol.asyncDispose]();
  const issuer = new CertificateIssuer({
    client: api,
    authority: hub.authority,
    hub: { session: (node) => (connected.has(node) ? ({} as never) : undefined) },
    clock,
    logger: silentLogger,
    lifetimeDays: 365,
    renewalGraceDays: 90,
  });
  server = await startJoinServer({
    hostname: '127.0.0.1',
    port: 0,
    authority: hub.authority,
    server: hub.server,
    issuer,
    client: api,
    clock,
    logger: silentLogger,
  });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Ask {
  readonly path?: string;
  readonly node?: string;
  readonly token?: string;
  readonly identity?: Identity;
  readonly body?: Uint8Array;
}

async function ask(options: Ask): Promise<{ status: number; body: Buffer }> {
  const { path = '/edge.crt', identity } = options;
  const body =
    options.body ?? createCertificateRequest({ key: createKey(), subject: { commonName: 'kubeedge.io' } });
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: server.port,
        path,
        method: 'GET',
        agent: false,
        ca: certificateToPem(hub.authority.certificate),
        ...(identity ? { cert: certificateToPem(identity.certificate), key: keyToPem(identity.key) } : {}),
        headers: {
          'Content-Length': body.length,
          ...(options.node === undefined ? {} : { NodeName: options.node }),
          ...(options.token ? { Authorization: `Bearer ${parseJoinToken(options.token).bearer}` } : {}),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function newToken(node?: string): Promise<string> {
  return (await createToken({ client: api, clock, lifetimeMs: 3_600_000, ...(node ? { node } : {}) })).token;
}

async function expectIssued(options: Ask): Promise<X509Certificate> {
  const { status, body } = await ask(options);
  expect(status === 200 ? 'issued' : body.toString()).toBe('issued');
  return new X509Certificate(body);
}

async function expectRefused(options: Ask, status: number, reason: string): Promise<void> {
  const answer = await ask(options);
  expect({ status: answer.status, body: answer.body.toString() }).toEqual({
    status,
    body: expect.stringContaining(reason),
  });
}

describe('certificates', () => {
  test('a token gets a new node its certificate, and the cloud decides the subject', async () => {
    const token = await newToken();
    const ca = await ask({ path: '/ca.crt' });
    expect(certificateHash(ca.body)).toBe(parseJoinToken(token).caHash);
    const certificate = await expectIssued({ node: 'fresh', token });
    expect(nodeOfSubject(subjectOf(certificate))).toBe('fresh');
    expect(certificate.verify(hub.authority.certificate.publicKey)).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  test('what is wrong with a token is said', async () => {
    const stranger = createKubeEdgeAuthority(clock.now());
    const expiresAtMs = clock.now() + 60_000;
    await expectRefused({ node: 'n1' }, 401, 'neither a token nor a client certificate');
    await expectRefused(
      { node: 'n1', token: createJoinToken(stranger, { expiresAtMs }) },
      401,
      'not signed by',
    );
    const old = createJoinToken(hub.authority, { expiresAtMs: clock.now() - 60_000, id: '0123456789' });
    await expectRefused({ node: 'n1', token: old }, 401, 'expired');
    await expectRefused(
      { node: 'n1', token: createJoinToken(hub.authority, { expiresAtMs }) },
      401,
      'revoked',
    );
    await expectRefused({ node: 'N_1', token: await newToken() }, 400, 'RFC 1123');
    await expectRefused(
      { node: 'n1', token: await newToken(), body: Buffer.alloc(100) },
      400,
      'signing request',
    );
    await expectRefused({ node: 'n1', token: await newToken(), body: Buffer.alloc(20_000) }, 413, 'larger');
  });

  test('a token does not take over a node that exists, unless it was allowed to', async () => {
    api.put(resources.nodes, { metadata: { name: 'taken', annotations: {} } });
    connected.add('online');
    const token = await newToken();
    await expectRefused({ node: 'taken', token }, 409, 'kubectl delete node taken');
    await expectRefused({ node: 'online', token }, 409, 'exists already');
    await expectRefused({ node: 'taken', token: await newToken('other') }, 403, 'for node "other" alone');
    await expectIssued({ node: 'taken', token: await newToken('taken') });
    api.put(resources.nodes, { metadata: { name: 'taken', annotations: { [rejoinAnnotation]: 'true' } } });
    await expectIssued({ node: 'taken', token });
    await expectRefused({ node: 'taken', token }, 409, 'exists already');
  });

  test('of two machines that join as one new node at the same time, the first wins', async () => {
    const token = await newToken();
    const key = createKey();
    const body = createCertificateRequest({ key, subject: {} });
    await expectIssued({ node: 'race', token, body });
    await expectRefused({ node: 'race', token }, 409, 'just joined');
    await expectIssued({ node: 'race', token, body });
  });

  test('a node renews with its own certificate, also a while after its end, and gets no other node’s', async () => {
    api.put(resources.nodes, { metadata: { name: 'old', annotations: {} } });
    const at = (daysAgo: number, node = 'old', authority = hub.authority) =>
      createClientIdentity(authority, {
        subject: nodeSubject(node),
        nowMs: clock.now() - daysAgo * 86_400_000,
        lifetimeDays: 10,
      });
    await expectIssued({ node: 'old', identity: at(1) });
    await expectIssued({ node: 'old', identity: at(60) });
    await expectRefused({ node: 'old', identity: at(200) }, 401, 'expired too long ago');
    // Of a Node that was deleted, one that is valid renews itself still, and one that is not does not.
    await expectIssued({ node: 'gone', identity: at(1, 'gone') });
    await expectRefused({ node: 'gone', identity: at(60, 'gone') }, 403, 'the Node was deleted meanwhile');
    await expectRefused({ node: 'old', identity: at(1, 'mine') }, 403, 'the certificate is of node "mine"');
    await expectRefused({ node: 'old', identity: hub.server }, 401, 'client certificate');
    const stranger = createKubeEdgeAuthority(clock.now());
    await expectRefused({ node: 'old', identity: at(1, 'old', stranger) }, 401, 'client certificate');
  });

  test('who fails again and again is not listened to for a while, and others are', async () => {
    let last = 0;
    for (let tries = 0; tries < 25 && last !== 429; tries++) last = (await ask({ node: 'n1' })).status;
    expect(last).toBe(429);
    expect((await ask({ path: '/ca.crt' })).status).toBe(200);
  });
});

test('whether a node is there can be asked', async () => {
  api.put(resources.nodes, { metadata: { name: 'present' } });
  expect((await ask({ path: '/node/present' })).body.toString()).toBe('Node found\n');
  expect((await ask({ path: '/node/absent' })).status).toBe(404);
  expect((await ask({ path: '/node/..%2f' })).status).toBe(400);
  expect((await ask({ path: '/elsewhere' })).status).toBe(404);
});

describe('tokens', () => {
  test('a deleted token lets nobody in any more', async () => {
    const created = await createToken({ client: api, clock, lifetimeMs: 3_600_000 });
    expect((await listTokens({ client: api, clock })).map(({ id }) => id)).toContain(created.id);
    expect(await deleteToken({ client: api, token: created.token })).toBe(true);
    expect(await deleteToken({ client: api, token: created.id })).toBe(false);
    await expectRefused({ node: 'late', token: created.token }, 401, 'revoked');
  });

  test('the default token is kept fresh, and made anew when it was revoked', async () => {
    const fake = new FakeClock(clock.now());
    const options = {
      client: api,
      authority: hub.authority,
      clock: fake,
      logger: silentLogger,
      refreshMs: 12 * 3_600_000,
    };
    expect(await refreshDefaultToken(options)).toBe(true);
    const first = (await readDefaultToken(api)) ?? '';
    expect(await refreshDefaultToken(options)).toBe(false);
    await expectIssued({ node: 'by-default', token: first });
    await fake.advance(13 * 3_600_000);
    expect(await refreshDefaultToken(options)).toBe(true);
    const second = (await readDefaultToken(api)) ?? '';
    expect(second).not.toBe(first);
    await deleteToken({ client: api, token: second });
    expect(await readDefaultToken(api)).toBeUndefined();
    expect(await refreshDefaultToken(options)).toBe(true);
  });

  test('a refresh that fails is tried again', async () => {
    const fake = new FakeClock();
    const broken = new MemoryApi();
    let failures = 2;
    broken.intercept = () => {
      if (failures-- > 0) throw new Error('no answer');
      return undefined;
    };
    const stop = new AbortController();
    const running = keepDefaultToken(
      { client: broken, authority: hub.authority, clock: fake, logger: silentLogger, refreshMs: 1_000 },
      stop.signal,
    );
    for (let step = 0; step < 10; step++) await fake.advance(1_000);
    expect(await readDefaultToken(broken)).toBeDefined();
    stop.abort();
    await running;
  });
});

describe('the hub’s keys', () => {
  test('are kept, and the server certificate follows the advertised addresses', async () => {
    const again = await ensureHubIdentity({ client: api, clock, logger: silentLogger, hosts });
    expect(again.server.certificate.fingerprint256).toBe(hub.server.certificate.fingerprint256);
    const moved = await ensureHubIdentity({
      client: api,
      clock,
      logger: silentLogger,
      hosts: ['10.1.2.3', 'hub.example.org'],
    });
    expect(certificateHash(moved.authority.certificate)).toBe(certificateHash(hub.authority.certificate));
    expect(moved.server.certificate.checkIP('10.1.2.3')).toBe('10.1.2.3');
    expect(moved.server.certificate.checkHost('hub.example.org')).toBe('hub.example.org');
    const back = await ensureHubIdentity({
      client: api,
      clock,
      logger: silentLogger,
      hosts: ['10.9.9.9', '2001:db8::1'],
    });
    expect(back.server.certificate.checkIP('10.1.2.3')).toBe('10.1.2.3');
    expect(back.server.certificate.checkIP('2001:db8::1')).toBeDefined();
  });

  test('two replicas that start at once agree on one CA', async () => {
    const shared = new MemoryApi();
    const start = () => ensureHubIdentity({ client: shared, clock, logger: silentLogger, hosts });
    const [one, two] = await Promise.all([start(), start()]);
    expect(certificateHash(one.authority.certificate)).toBe(certificateHash(two.authority.certificate));
  });
});
