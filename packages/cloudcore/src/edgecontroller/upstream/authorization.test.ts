// What a stolen key may try: every verb of an edge on objects that are not its own, refused with a Forbidden Status.

import { expect, test } from 'bun:test';
import { type KubeObject, resources } from '@selvedge/kubernetes';
import { createCertificateRequest, createKey } from '@selvedge/pki';
import { wireTypes } from '../resource-types.ts';
import type { MemoryApi } from '../testing/memory-api.ts';
import { startTestCloud, testConfigMap, testNode, testPod, testSecret } from '../testing/test-cloud.ts';

interface Attempt {
  readonly what: string;
  readonly operation: string;
  readonly resource: string;
  readonly content?: unknown;
}

const mirror = (over: { metadata?: object; spec?: object }): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'm',
    namespace: 'default',
    annotations: { 'kubernetes.io/config.mirror': 'x' },
    ...over.metadata,
  },
  spec: { nodeName: 'thief', containers: [{ name: 'main', image: 'app' }], ...over.spec },
});
const token = (pod: string, uid: string, audiences: string[] = []) => ({
  spec: { audiences, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod, uid } },
});
const podEvent = {
  metadata: { name: 'e' },
  involvedObject: { kind: 'Pod', namespace: 'default', name: 'victim-pod' },
};
const nodeEvent = { metadata: { name: 'e' }, involvedObject: { kind: 'Node', name: 'victim' } };
const status = { metadata: { uid: 'uid-victim-pod' }, status: { phase: 'Failed' } };

function signingRequest(commonName: string, signerName = 'kubernetes.io/kubelet-serving') {
  const der = createCertificateRequest({
    key: createKey(),
    subject: { organizations: ['system:nodes'], commonName },
  });
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  return { spec: { signerName, request: Buffer.from(pem).toString('base64') } };
}

const attempts: readonly Attempt[] = [
  { what: "read another's Node", operation: 'query', resource: 'default/node/victim' },
  {
    what: 'register as another',
    operation: 'insert',
    resource: 'null/node/victim',
    content: testNode('victim'),
  },
  {
    what: "label another's Node",
    operation: 'update',
    resource: 'default/node/victim',
    content: testNode('victim'),
  },
  {
    what: "report another's status",
    operation: 'patch',
    resource: 'default/nodepatch/victim',
    content: '{"status":{}}',
  },
  {
    what: "replace another's status",
    operation: 'update',
    resource: 'default/nodestatus/victim',
    content: { Status: {} },
  },
  {
    what: 'taint itself by its status',
    operation: 'patch',
    resource: 'default/nodepatch/thief',
    content: '{"spec":{"taints":[]}}',
  },
  {
    what: 'take a role by its status',
    operation: 'patch',
    resource: 'default/nodepatch/thief',
    content: '{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":""}}}',
  },
  {
    what: 'take a restricted label',
    operation: 'update',
    resource: 'default/node/thief',
    content: { metadata: { labels: { 'node-restriction.kubernetes.io/vault': 'yes' } } },
  },
  {
    what: 'take a role',
    operation: 'update',
    resource: 'default/node/thief',
    content: { metadata: { labels: { 'node-role.kubernetes.io/control-plane': '' } } },
  },
  { what: "read another's lease", operation: 'query', resource: 'kube-node-lease/lease/victim' },
  {
    what: "make another's lease",
    operation: 'insert',
    resource: 'kube-node-lease/lease/victim',
    content: {},
  },
  {
    what: "renew another's lease",
    operation: 'update',
    resource: 'kube-node-lease/lease/victim',
    content: {},
  },
  { what: 'hold a lease elsewhere', operation: 'update', resource: 'kube-system/lease/thief', content: {} },
  { what: "read another's pod", operation: 'query', resource: 'default/pod/victim-pod' },
  {
    what: "report on another's pod",
    operation: 'patch',
    resource: 'default/podpatch/victim-pod',
    content: JSON.stringify(status),
  },
  {
    what: 'the same as a merge patch',
    operation: 'patch',
    resource: 'default/podpatch/victim-pod',
    content: status,
  },
  {
    what: 'relabel its pod by its status',
    operation: 'patch',
    resource: 'default/podpatch/own-pod',
    content: '{"metadata":{"labels":{"app":"bank"}}}',
  },
  {
    what: "report on another's pod the old way",
    operation: 'update',
    resource: 'default/podstatus/victim-pod',
    content: { UID: 'uid-victim-pod', Name: 'victim-pod', Status: { phase: 'Failed' } },
  },
  {
    what: 'report on it in a batch',
    operation: 'update',
    resource: 'default/podstatus',
    content: [{ UID: 'uid-victim-pod', Name: 'victim-pod', Status: { phase: 'Failed' } }],
  },
  {
    what: "delete another's pod",
    operation: 'delete',
    resource: 'default/pod/victim-pod',
    content: { gracePeriodSeconds: 0 },
  },
  {
    what: 'create a pod',
    operation: 'insert',
    resource: 'default/pod/m',
    content: mirror({ metadata: { annotations: {} } }),
  },
  {
    what: 'create a pod elsewhere',
    operation: 'insert',
    resource: 'default/pod/m',
    content: mirror({ spec: { nodeName: 'victim' } }),
  },
  {
    what: 'mirror a pod with a secret',
    operation: 'insert',
    resource: 'default/pod/m',
    content: mirror({ spec: { volumes: [{ name: 's', secret: { secretName: 'loot' } }] } }),
  },
  {
    what: 'mirror a pod with a service account',
    operation: 'insert',
    resource: 'default/pod/m',
    content: mirror({ spec: { serviceAccountName: 'admin' } }),
  },
  {
    what: 'mirror a pod with an owner',
    operation: 'insert',
    resource: 'default/pod/m',
    content: mirror({
      metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'victim', uid: 'u' }] },
    }),
  },
  { what: 'read a secret', operation: 'query', resource: 'default/secret/loot' },
  { what: 'read a secret that does not exist', operation: 'query', resource: 'default/secret/nothing' },
  { what: "read the CA's key", operation: 'query', resource: 'kubeedge/secret/casecret' },
  { what: 'read the join token', operation: 'query', resource: 'kubeedge/secret/tokensecret' },
  { what: 'read a configmap', operation: 'query', resource: 'default/configmap/plans' },
  { what: 'read a claim', operation: 'query', resource: 'default/persistentvolumeclaim/data' },
  { what: 'read a volume', operation: 'query', resource: 'null/persistentvolume/disk' },
  { what: 'read an attachment', operation: 'query', resource: 'default/volumeattachment/va' },
  {
    what: "a token for another's pod",
    operation: 'query',
    resource: 'default/serviceaccounttoken/default',
    content: token('victim-pod', 'uid-victim-pod'),
  },
  {
    what: 'a token for another account',
    operation: 'query',
    resource: 'default/serviceaccounttoken/admin',
    content: token('own-pod', 'uid-own-pod'),
  },
  {
    what: 'a token for an old pod',
    operation: 'query',
    resource: 'default/serviceaccounttoken/default',
    content: token('own-pod', 'uid-before'),
  },
  {
    what: 'a token for no pod',
    operation: 'query',
    resource: 'default/serviceaccounttoken/default',
    content: { spec: {} },
  },
  {
    what: 'a token for another audience',
    operation: 'query',
    resource: 'default/serviceaccounttoken/default',
    content: token('own-pod', 'uid-own-pod', ['vault']),
  },
  {
    what: "an event about another's pod",
    operation: 'insert',
    resource: 'default/event/e',
    content: podEvent,
  },
  {
    what: 'the same with a lie',
    operation: 'insert',
    resource: 'default/event/e',
    content: { ...podEvent, source: { host: 'thief' } },
  },
  {
    what: 'an event about another node',
    operation: 'insert',
    resource: 'default/event/e',
    content: nodeEvent,
  },
  {
    what: "rewrite another's event",
    operation: 'update',
    resource: 'default/event/theirs',
    content: nodeEvent,
  },
  {
    what: "patch another's event",
    operation: 'patch',
    resource: 'default/event/theirs',
    content: {
      event: { metadata: { name: 'theirs' }, involvedObject: { kind: 'Node', name: 'thief' } },
      patchData: '{"count":9}',
    },
  },
  {
    what: "another's certificate",
    operation: 'insert',
    resource: 'null/certificatesigningrequest/c',
    content: signingRequest('system:node:victim'),
  },
  {
    what: 'a client certificate',
    operation: 'insert',
    resource: 'null/certificatesigningrequest/c',
    content: signingRequest('system:node:thief', 'kubernetes.io/kube-apiserver-client-kubelet'),
  },
  {
    what: "read another's certificate",
    operation: 'query',
    resource: 'null/certificatesigningrequest/theirs',
  },
  {
    what: "compare another's objects",
    operation: 'query',
    resource: 'null/digest/victim',
    content: { objects: {} },
  },
];

function fill(api: MemoryApi): void {
  for (const node of ['thief', 'victim']) api.put(resources.nodes, testNode(node));
  api.put(resources.pods, testPod('own-pod', 'thief'));
  api.put(resources.pods, testPod('victim-pod', 'victim'));
  api.put(resources.secrets, testSecret('loot'));
  api.put(resources.configmaps, testConfigMap('plans', 'x'));
  for (const name of ['casecret', 'tokensecret']) api.put(resources.secrets, testSecret(name, 'kubeedge'));
  api.put(resources.leases, { metadata: { name: 'victim', namespace: 'kube-node-lease' } });
  api.put(resources.events, { ...nodeEvent, metadata: { name: 'theirs', namespace: 'default' } });
  const { persistentvolume, persistentvolumeclaim, volumeattachment } = wireTypes;
  if (!persistentvolume || !persistentvolumeclaim || !volumeattachment) throw new Error('types are missing');
  const claimRef = { namespace: 'default', name: 'data' };
  api.put(persistentvolume, { metadata: { name: 'disk' }, spec: { claimRef } });
  api.put(persistentvolumeclaim, { metadata: { name: 'data', namespace: 'default' } });
  api.put(volumeattachment, { metadata: { name: 'va' }, spec: { nodeName: 'victim' } });
  const theirs = { metadata: { name: 'theirs' }, ...signingRequest('system:node:victim') };
  api.put(resources.certificatesigningrequests, theirs);
}

/** What was written but for the records of deliveries. */
function writes(api: MemoryApi): string[] {
  return api.calls
    .filter(({ verb, resource }) => verb !== 'get' && verb !== 'list' && !resource.includes('reliablesyncs'))
    .map(({ verb, resource, name }) => `${verb} ${resource}/${name}`);
}

for (const capabilities of [[], ['pipeline', 'digest']]) {
  const edge = capabilities.length === 0 ? 'a Go edge' : 'our edge';
  test(`${edge} may touch nothing that is not its own`, async () => {
    await using cloud = await startTestCloud(fill);
    const session = cloud.hub.connect('thief', capabilities);
    cloud.api.calls.length = 0;
    for (const { what, operation, resource, content } of attempts) {
      const request = cloud.hub.ask(session, operation, resource, content ?? null);
      const answer = (await session.answerTo(request)).content as Record<string, { ErrStatus?: unknown }>;
      const refused = answer.ErrStatus ?? answer.Err?.ErrStatus;
      expect({ what, refused }).toEqual({
        what,
        refused: expect.objectContaining({ reason: 'Forbidden', code: 403 }),
      });
    }
    expect(writes(cloud.api)).toEqual([]);
  });
}

test('what is its own a node may do', async () => {
  await using cloud = await startTestCloud(fill);
  const session = cloud.hub.connect('thief');
  const allowed: readonly Attempt[] = [
    { what: 'its Node', operation: 'query', resource: 'default/node/thief' },
    {
      what: 'its status',
      operation: 'patch',
      resource: 'default/nodepatch/thief',
      content: '{"status":{"phase":"x"}}',
    },
    {
      what: 'its lease',
      operation: 'insert',
      resource: 'kube-node-lease/lease/thief',
      content: { spec: {} },
    },
    {
      what: "its pod's status",
      operation: 'patch',
      resource: 'default/podpatch/own-pod',
      content: '{"status":{"phase":"Running"}}',
    },
    {
      what: 'its token',
      operation: 'query',
      resource: 'default/serviceaccounttoken/default',
      content: token('own-pod', 'uid-own-pod'),
    },
    { what: 'its mirror pod', operation: 'insert', resource: 'default/pod/m', content: mirror({}) },
    {
      what: 'its certificate',
      operation: 'insert',
      resource: 'null/certificatesigningrequest/c',
      content: signingRequest('system:node:thief'),
    },
    { what: 'the CA', operation: 'query', resource: 'k8s/ca.crt' },
    {
      what: 'the end of its pod',
      operation: 'delete',
      resource: 'default/pod/own-pod',
      content: { preconditions: { uid: 'uid-own-pod' } },
    },
  ];
  for (const { what, operation, resource, content } of allowed) {
    const request = cloud.hub.ask(session, operation, resource, content ?? null);
    const answer = (await session.answerTo(request)).content as Record<string, unknown> | string;
    const failed = typeof answer !== 'string' && (answer.ErrStatus ?? answer.Err ?? null);
    expect({ what, failed: failed || null }).toEqual({ what, failed: null });
  }
});

test('an update of a node adds and changes labels and annotations, and takes none away', async () => {
  await using cloud = await startTestCloud((api) => {
    const node = testNode('thief');
    api.put(resources.nodes, { ...node, metadata: { ...node.metadata, labels: { shop: '17', rack: 'a' } } });
  });
  const session = cloud.hub.connect('thief');
  const metadata = {
    name: 'thief',
    labels: { shop: null, rack: 'b' },
    annotations: { seen: 'today', x: null },
  };
  await session.answerTo(cloud.hub.ask(session, 'update', 'default/node/thief', { metadata }));
  const node = await cloud.api.get({ type: resources.nodes, name: 'thief' });
  expect(node.metadata).toMatchObject({ labels: { shop: '17', rack: 'b' }, annotations: { seen: 'today' } });
});

test('messages that make no sense are answered, and none of them reaches the API', async () => {
  await using cloud = await startTestCloud(fill);
  const session = cloud.hub.connect('thief');
  cloud.api.calls.length = 0;
  for (const [operation, resource, content] of [
    ['query', 'nonsense', null],
    ['query', 'default/unknown/x', null],
    ['explode', 'default/node/thief', null],
    ['patch', 'default/nodepatch/thief', 'no json'],
    ['patch', 'default/nodepatch/thief', '[1]'],
    ['patch', 'default/nodepatch/thief', { metadata: null, status: {} }],
    ['patch', 'default/nodepatch/thief', '{"metadata":null}'],
    ['patch', 'default/nodepatch/thief', { metadata: { name: null }, status: {} }],
    ['patch', 'default/podpatch/own-pod', { metadata: [], status: {} }],
    ['patch', 'default/podpatch/own-pod', `{"status":"${'x'.repeat(1_500_001)}"}`],
    ['update', 'default/podstatus', [{ Name: 'a' }]],
    ['insert', 'default/pod/m', null],
    [
      'insert',
      'null/certificatesigningrequest/c',
      { spec: { request: 7, signerName: 'kubernetes.io/kubelet-serving' } },
    ],
    ['query', 'null/digest/thief', { objects: [] }],
  ] as const) {
    const request = cloud.hub.ask(session, operation, resource, content);
    const answer = (await session.answerTo(request)).content as {
      ErrStatus?: { code: number };
      Err?: { ErrStatus: { code: number } };
    };
    expect([400, 413]).toContain((answer.ErrStatus ?? answer.Err?.ErrStatus)?.code ?? 0);
  }
  expect(writes(cloud.api)).toEqual([]);
});
