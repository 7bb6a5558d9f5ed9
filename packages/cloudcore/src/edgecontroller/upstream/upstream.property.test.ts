// Any message at all from a node: it is answered once, and nothing that is not the node's own is read out or changed.

import { expect, test } from 'bun:test';
import { resources } from '@selvedge/kubernetes';
import fc from 'fast-check';
import { startTestCloud, testNode, testPod, testSecret } from '../testing/test-cloud.ts';

const typeNames = [
  'node',
  'nodestatus',
  'nodepatch',
  'pod',
  'podpatch',
  'podstatus',
  'configmap',
  'secret',
  'persistentvolume',
  'persistentvolumeclaim',
  'volumeattachment',
  'serviceaccounttoken',
  'lease',
  'event',
  'certificatesigningrequest',
  'digest',
  'constructor',
  '__proto__',
];
const operations = ['query', 'insert', 'update', 'patch', 'delete', 'get', 'toString'];
const names = ['victim', 'victim-pod', 'loot', 'own', 'thief', '__proto__'];
const resource = fc
  .tuple(
    fc.constantFrom('default', 'null', 'kube-node-lease', 'kubeedge', ''),
    fc.constantFrom(...typeNames),
    fc.constantFrom(...names),
  )
  .map((parts) => parts.join('/'));
const content = fc.oneof(
  fc.jsonValue(),
  fc.json(),
  fc.record({
    metadata: fc.record({ name: fc.constantFrom(...names) }),
    spec: fc.jsonValue(),
    status: fc.jsonValue(),
  }),
  fc.record({ UID: fc.constant('uid-victim-pod'), Name: fc.constantFrom(...names), Status: fc.object() }),
  fc.record({
    spec: fc.record({
      boundObjectRef: fc.record({
        kind: fc.constant('Pod'),
        name: fc.constantFrom(...names),
        uid: fc.string(),
      }),
    }),
  }),
  fc.record({ event: fc.object(), patchData: fc.string() }),
);

test("no message reads out or changes what is not the node's own", async () => {
  await using cloud = await startTestCloud((api) => {
    for (const node of ['thief', 'victim']) api.put(resources.nodes, testNode(node));
    api.put(resources.pods, testPod('own', 'thief'));
    api.put(resources.pods, testPod('victim-pod', 'victim'));
    api.put(resources.secrets, { ...testSecret('loot'), data: { key: 'bG9vdA==' } });
  });
  const session = cloud.hub.connect('thief', ['pipeline', 'digest']);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...operations), resource, content, async (operation, path, value) => {
      cloud.api.calls.length = 0;
      const request = cloud.hub.ask(session, operation, path, value);
      const answer = await session.answerTo(request);
      session.sent.length = 0;
      expect(JSON.stringify(answer.content) ?? '').not.toContain('bG9vdA==');
      for (const { verb, name } of cloud.api.calls) {
        if (verb !== 'get' && verb !== 'list') expect(['victim', 'victim-pod', 'loot']).not.toContain(name);
      }
    }),
    { numRuns: 1_500 },
  );
});
