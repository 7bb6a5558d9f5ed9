import { afterAll, beforeAll, expect, test } from 'bun:test';
import { TestServer } from '../testing/test-server.ts';

const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const group = 'certificates.k8s.io';
const write = {
  apiGroups: [group],
  resources: [
    'certificatesigningrequests',
    'certificatesigningrequests/approval',
    'certificatesigningrequests/status',
  ],
  verbs: ['create', 'update', 'patch'],
};

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  const may = (verb: string, resourceName: string) => ({
    apiGroups: [group],
    resources: ['signers'],
    resourceNames: [resourceName],
    verbs: [verb],
  });
  await server.grant('writer', [write]);
  await server.grant('approver', [write, may('approve', 'x.io/*')]);
  await server.grant('signer', [write, may('sign', 'x.io/y')]);
});
afterAll(() => server[Symbol.asyncDispose]());

// Whether it is one that can be signed is for the signer to see.
const request = Buffer.from('-----BEGIN CERTIFICATE REQUEST-----').toString('base64');
const spec = { request, signerName: 'x.io/y', usages: ['digital signature'] };

test('who asks is what the server knows of him, not what he says', async () => {
  const said = { ...spec, username: 'root', uid: '1', groups: ['system:masters'], extra: { a: ['b'] } };
  const { object } = await server.ask(
    'POST',
    requests,
    { metadata: { name: 'r' }, spec: said },
    { name: 'writer' },
  );
  expect(object.spec).toEqual({ ...spec, username: 'writer', groups: ['system:authenticated'] });
});

test('a request is approved and signed by those who may, for its signer', async () => {
  await server.make('POST', requests, { metadata: { name: 's' }, spec });
  const patch = async (name: string, subresource: string, status: object) =>
    (await server.ask('MERGE', `${requests}/s/${subresource}`, { status }, { name })).message;
  const refusal = (verb: string) =>
    `certificatesigningrequests.certificates.k8s.io "s" is forbidden: user not permitted to ${verb} requests with signerName "x.io/y"`;
  const conditions = [{ type: 'Approved', status: 'True', reason: 'x' }];
  for (const name of ['writer', 'signer']) {
    expect(await patch(name, 'approval', { conditions })).toBe(refusal('approve'));
  }
  expect(await patch('approver', 'approval', { conditions })).toBe('');
  for (const name of ['writer', 'approver']) {
    expect(await patch(name, 'status', { certificate: 'YQ==' })).toBe(refusal('sign'));
  }
  expect(await patch('signer', 'status', { certificate: 'YQ==' })).toBe('');
  expect(await patch('writer', 'status', {})).toBe('');
});
