import { afterAll, beforeAll, expect, test } from 'bun:test';
import { TestServer } from '../testing/test-server.ts';

const pods = '/api/v1/namespaces/default/pods';
const accounts = '/api/v1/namespaces/default/serviceaccounts';
const node = { name: 'system:node:n1', groups: ['system:nodes'] };
const image = { name: 'c', image: 'i' };

let server: TestServer;
let owner: object;
beforeAll(async () => {
  server = await TestServer.start();
  const { metadata } = await server.make('POST', '/api/v1/nodes', { metadata: { name: 'n1' } });
  owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: metadata?.uid, controller: true };
  await server.make('POST', accounts, { metadata: { name: 'default' } });
  await server.make('POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 'top' } });
  for (const nodeName of ['n1', 'n2']) {
    await server.make('POST', pods, {
      metadata: { name: nodeName },
      spec: { nodeName, containers: [image] },
    });
  }
});
afterAll(() => server[Symbol.asyncDispose]());

/** The words after `pods "m" is forbidden: `, or the status. */
async function mirror(spec: object, metadata: object = {}): Promise<string | number> {
  const annotations = { 'kubernetes.io/config.mirror': 'x' };
  const { status, message } = await server.ask(
    'POST',
    pods,
    {
      metadata: { name: 'm', annotations, ownerReferences: [owner], ...metadata },
      spec: { nodeName: 'n1', containers: [image], ...spec },
    },
    node,
  );
  return message.split('is forbidden: ')[1] ?? status;
}

const volume = (source: object) => ({ volumes: [{ name: 'v', ...source }] });
const projected = (source: object) => volume({ projected: { sources: [source] } });
const container = (more: object) => ({ containers: [{ ...image, ...more }] });
const secretKeyRef = { name: 'top', key: 'k' };

test.each([
  [{ nodeName: 'n2' }, 'node "n1" can only create pods with spec.nodeName set to itself'],
  [{ serviceAccountName: 'default' }, 'a mirror pod may not reference service accounts'],
  [{ imagePullSecrets: [{ name: 'top' }] }, 'a mirror pod may not reference secrets'],
  [container({ envFrom: [{ secretRef: { name: 'top' } }] }), 'a mirror pod may not reference secrets'],
  [
    container({ env: [{ name: 'A', valueFrom: { secretKeyRef } }] }),
    'a mirror pod may not reference secrets',
  ],
  [volume({ secret: { secretName: 'top' } }), 'a mirror pod may not reference secrets'],
  [projected({ secret: { name: 'top' } }), 'a mirror pod may not reference secrets'],
  [
    projected({ serviceAccountToken: { path: 'x' } }),
    'a mirror pod may not use ServiceAccountToken volume projections',
  ],
  [
    container({ envFrom: [{ configMapRef: { name: 'x' } }] }),
    'node "n1" can not create pods that reference configmaps',
  ],
  [projected({ configMap: { name: 'x' } }), 'node "n1" can not create pods that reference configmaps'],
  [
    volume({ persistentVolumeClaim: { claimName: 'x' } }),
    'node "n1" can not create pods that reference persistentvolumeclaims',
  ],
])('a mirror pod with %j opens nothing to its node', async (spec, words) => {
  expect(await mirror(spec)).toBe(words);
});

test('a mirror pod belongs to its node', async () => {
  const owned = async (...ownerReferences: object[]) => await mirror({}, { ownerReferences });
  const itself = 'node "n1" can only create pods with an owner reference set to itself';
  expect(await owned()).toBe(itself);
  expect(await owned({ ...owner, name: 'n2' })).toBe(itself);
  expect(await owned(owner, { ...owner, name: 'n2', controller: false })).toBe(
    'node "n1" can only create pods with a single owner reference set to itself',
  );
  expect(await owned({ ...owner, controller: false })).toBe(
    'node "n1" can only create pods with a controller owner reference set to itself',
  );
  expect(await owned({ ...owner, blockOwnerDeletion: true })).toBe(
    'node "n1" must not set blockOwnerDeletion on an owner reference',
  );
  expect(await owned({ ...owner, uid: 'zz' })).toStartWith('node n1 UID mismatch: expected zz got ');
  expect(await mirror({}, { annotations: {} })).toBe(
    'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
  );
  expect(await mirror({})).toBe(201);
});

test('by its status a node changes its own pods, and no labels', async () => {
  const change = async (pod: string, body: object) =>
    (await server.ask('MERGE', `${pods}/${pod}/status`, body, node)).message.split('is forbidden: ')[1];
  const labels = { metadata: { labels: { app: 'victim' } } };
  expect(await change('n1', labels)).toBe('node "n1" cannot update labels through pod status');
  expect(await change('n1', { status: { message: 'x' } })).toBeUndefined();
  expect(await change('n2', { status: { message: 'x' } })).toBe(
    'node "n1" can only update pod status for pods with spec.nodeName set to itself',
  );
});

test('a node has tokens for pods that run on it', async () => {
  const uidOf = async (pod: string) => (await server.make('GET', `${pods}/${pod}`, undefined)).metadata?.uid;
  const ask = async (boundObjectRef?: object) => {
    const spec = { audiences: ['a'], ...(boundObjectRef ? { boundObjectRef } : {}) };
    const { message } = await server.ask('POST', `${accounts}/default/token`, { spec }, node);
    return message.split('is forbidden: ')[1];
  };
  const pod = { apiVersion: 'v1', kind: 'Pod', name: 'n1' };
  expect(await ask()).toBe('node requested token not bound to a pod');
  expect(await ask({ ...pod, kind: 'Secret', uid: 'x' })).toBe('node requested token not bound to a pod');
  expect(await ask(pod)).toBe('node requested token with a pod binding without a uid');
  expect(await ask({ ...pod, uid: 'x' })).toStartWith(
    'the UID in the bound object reference (x) does not match',
  );
  expect(await ask({ ...pod, name: 'n2', uid: await uidOf('n2') })).toBe(
    'node requested token bound to a pod scheduled on a different node',
  );
  expect(await ask({ ...pod, uid: await uidOf('n1') })).toBeUndefined();
});

test('a node keeps to itself, and to labels that say nothing of its trust', async () => {
  const post = (object: object, path = '/api/v1/nodes') => server.ask('POST', path, object, node);
  const labels = { 'node-restriction.kubernetes.io/x': 'y', 'foo.kubernetes.io/a': 'b', ok: '1' };
  await server.ask('DELETE', '/api/v1/nodes/n1');
  expect((await post({ metadata: { name: 'n1', labels } })).message).toEndWith(
    'node "n1" is not allowed to set the following labels: foo.kubernetes.io/a, node-restriction.kubernetes.io/x',
  );
  expect((await post({ metadata: { name: 'n1' } })).status).toBe(201);
  const { message } = await server.ask('MERGE', '/api/v1/nodes/n1', { metadata: { labels } }, node);
  expect(message).toContain('is forbidden: is not allowed to modify labels: foo.kubernetes.io/a, ');
  const spec = { drivers: [] };
  expect(
    (await post({ metadata: { name: 'n2' }, spec }, '/apis/storage.k8s.io/v1/csinodes')).message,
  ).toEndWith('can only access CSINode with the same name as the requesting node');
});
