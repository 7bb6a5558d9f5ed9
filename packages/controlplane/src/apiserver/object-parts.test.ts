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
