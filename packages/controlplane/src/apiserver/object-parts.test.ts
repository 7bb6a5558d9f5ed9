import { afterAll, beforeAll, expect, test } from 'bun:test';
import { TestServer } from './testing/test-server.ts';

const pods = '/api/v1/namespaces/default/pods';
const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  await server.make('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  await server.make('POST', pods, {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const ephemeral = (...ephemeralContainers: object[]) =>
  server.ask('MERGE', `${pods}/p/ephemeralcontainers`, { spec: { ephemeralContainers } });

test('ephemeralcontainers reaches nothing but the ephemeral containers', async () => {
  const before = await server.make('GET', `${pods}/p`, undefined);
  const everything = {
    metadata: { labels: { a: 'b' } },
    spec: {
      nodeName: 'n1',
      serviceAccountName: 'admin',
      hostNetwork: true,
      volumes: [{ name: 'root', hostPath: { path: '/' } }],
      ephemeralContainers: [{ name: 'e', image: 'i' }],
    },
    status: { phase: 'Failed' },
  };
  const { status, object } = await server.ask('STRATEGIC', `${pods}/p/ephemeralcontainers`, everything);
  expect(status).toBe(200);
  const { ephemeralContainers, ...spec } = object.spec ?? {};
  expect(ephemeralContainers).toMatchObject([{ name: 'e', image: 'i', imagePullPolicy: 'Always' }]);
  const metadata = { ...object.metadata, resourceVersion: expect.any(String) };
  expect<object>({ ...object, metadata, spec }).toEqual({ ...before, metadata });
  expect(metadata.labels).toBeUndefined();
});

test('ephemeral containers are only added, and serve nothing', async () => {
  const kept = { name: 'e', image: 'i' };
  expect((await ephemeral(kept)).status).toBe(200);
  const removed =
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be removed\n';
  expect((await ephemeral()).message).toBe(`Pod "p" is invalid: ${removed}`);
  expect((await ephemeral({ ...kept, image: 'j' })).message).toStartWith(
    'Pod "p" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be changed\n',
  );
  expect((await ephemeral(kept, { name: 'c', image: 'i' })).message).toBe(
    'Pod "p" is invalid: spec.ephemeralContainers[1].name: Duplicate value: "c"',
  );
  const serving = {
    name: 'f',
    image: 'i',
    ports: [{ containerPort: 1 }],
    livenessProbe: { httpGet: { port: 1 } },
    resources: { limits: { cpu: '1' } },
    lifecycle: { preStop: { exec: { command: ['a'] } } },
    targetContainerName: 'zz',
    volumeMounts: [{ name: 'v', mountPath: '/x', subPath: 'y' }],
  };
  const at = 'spec.ephemeralContainers[1]';
  const why = 'Forbidden: cannot be set for an Ephemeral Container';
  const causes = [
    `${at}.volumeMounts[0].name: Not found: "v"`,
    `${at}.targetContainerName: Not found: "zz"`,
    ...['ports', 'resources', 'livenessProbe', 'lifecycle', 'volumeMounts[0].subPath'].map(
      (field) => `${at}.${field}: ${why}`,
    ),
  ];
  expect((await ephemeral(kept, serving)).message).toBe(`Pod "p" is invalid: [${causes.join(', ')}]`);
  const born = {
    metadata: { name: 'q' },
    spec: { containers: [kept], ephemeralContainers: [{ ...kept, name: 'f' }] },
  };
  expect((await server.ask('POST', pods, born)).message).toBe(
    'Pod "q" is invalid: spec.ephemeralContainers: Forbidden: cannot be set on create',
  );
});

test('approval decides on a certificate request, once and for all, and changes nothing else of it', async () => {
  // Whether it is one that can be signed is for the signer to see.
  const request = Buffer.from('-----BEGIN CERTIFICATE REQUEST-----').toString('base64');
  const spec = { request, signerName: 'x.io/y', usages: ['digital signature'] };
  await server.make('POST', requests, { metadata: { name: 'r' }, spec });
  const decide = (status: object, more: object = {}) =>
    server.ask('MERGE', `${requests}/r/approval`, { ...more, status });
  const approved = { type: 'Approved', status: 'True', reason: 'x' };
  const decided = await decide(
    { certificate: 'YQ==', conditions: [approved] },
    { spec: { signerName: 'z.io/z' } },
  );
  const lastTransitionTime = expect.any(String);
  expect(decided.object.spec).toMatchObject(spec);
  expect(decided.object.status).toEqual({
    conditions: [{ ...approved, lastTransitionTime, lastUpdateTime: lastTransitionTime }],
  });
  const stays = 'status.conditions: Forbidden: updates may not remove a condition of type "Approved"';
  const refused = async (...conditions: object[]) =>
    (await decide({ conditions })).message.replace(
      'CertificateSigningRequest.certificates.k8s.io "r" is invalid: ',
      '',
    );
  expect(await refused()).toBe(stays);
  expect(await refused({ type: 'Denied', status: 'True' })).toBe(stays);
  expect(await refused(approved, { type: 'Denied', status: 'True' })).toBe(
    'status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
  );
  expect(await refused({ ...approved, status: 'False' })).toBe(
    'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
  );
  expect(await refused({ type: '', status: '' })).toBe(
    `[status.conditions[0].type: Required value, status.conditions[0].status: Required value, ${stays}]`,
  );
  const { object } = await server.ask('MERGE', `${requests}/r`, { spec: { signerName: 'z.io/z' } });
  expect(object.spec).toMatchObject(spec);
});

test('a patch that takes the name away is refused, so that none wipes all metadata at once', async () => {
  const node = { metadata: { name: 'n', labels: { zone: 'secure' }, annotations: { a: 'b' } } };
  await server.make('POST', '/api/v1/nodes', node);
  const nameless = 'the name of the object (n based on URL) was undeterminable: name must be provided';
  for (const path of ['/api/v1/nodes/n', '/api/v1/nodes/n/status']) {
    for (const metadata of [null, { name: '' }]) {
      const { status, message } = await server.ask('MERGE', path, { metadata, status: { phase: 'x' } });
      expect({ status, message }).toEqual({ status: 400, message: nameless });
    }
    const renamed = await server.ask('MERGE', path, { metadata: { name: 'm' } });
    expect(renamed.message).toBe('the name of the object (m) does not match the name on the URL (n)');
    expect((await server.ask('PUT', path, { metadata: {} })).message).toBe(nameless);
  }
  const { object } = await server.ask('MERGE', '/api/v1/nodes/n/status', {
    metadata: { labels: { zone: 'x' } },
  });
  expect(object.metadata).toMatchObject({ labels: { zone: 'x' }, annotations: { a: 'b' } });
});

test("a pod's owners, and all of a custom object's metadata, are not of its status", async () => {
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'x', uid: '1' };
  const metadata = { ownerReferences: [owner], labels: { a: 'b' } };
  const { object } = await server.ask('MERGE', `${pods}/p/status`, { metadata });
  expect(object.metadata).toMatchObject({ labels: { a: 'b' } });
  expect(object.metadata).not.toHaveProperty('ownerReferences');
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  await server.make('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'foos.x.io' },
    spec: {
      group: 'x.io',
      scope: 'Namespaced',
      names: { plural: 'foos', singular: 'foo', kind: 'Foo', listKind: 'FooList' },
      versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }],
    },
  });
  const foos = '/apis/x.io/v1/namespaces/default/foos';
  const foo = {
    apiVersion: 'x.io/v1',
    kind: 'Foo',
    metadata: { name: 'f', labels: { c: 'd' } },
    spec: { s: 1 },
  };
  await server.make('POST', foos, foo);
  const changed = await server.ask('MERGE', `${foos}/f/status`, {
    metadata,
    spec: null,
    status: { ok: true },
  });
  expect(changed.object).toMatchObject({
    metadata: { labels: { c: 'd' } },
    spec: { s: 1 },
    status: { ok: true },
  });
  expect(changed.object.metadata?.labels).toEqual({ c: 'd' });
});
