import { expect, test } from 'bun:test';
import { needsAcknowledgement } from './acknowledgement.ts';
import type { Message } from './message.ts';
import { objectFailure, statusContent } from './reply.ts';

function message(
  source: string,
  operation: string,
  resource: string,
  content: unknown = {},
  group = 'resource',
): Message {
  return { header: { msg_id: 'a', timestamp: 1 }, route: { source, group, operation, resource }, content };
}

const object = { metadata: { name: 'a' } };

test.each([
  [message('edgecontroller', 'insert', 'default/pod/a', object), true],
  [message('edgecontroller', 'response', 'default/pod/a', object), false],
  [message('edgecontroller', 'update', 'default/configmap/a', object), true],
  [message('edgecontroller', 'response', 'default/secret/a', object), true],
  [message('edgecontroller', 'response', 'default/secret/a', statusContent({ code: 404 })), false],
  [message('edgecontroller', 'response', 'default/node/a', object), false],
  [message('edgecontroller', 'update', 'null/node/a', object), true],
  [message('edgecontroller', 'response', 'kube-node-lease/lease/a', objectFailure({})), false],
  [message('edgecontroller', 'response', 'default/podpatch/a', object), false],
  [message('edgecontroller', 'response', 'default/serviceaccounttoken/a', object), false],
  [message('edgecontroller', 'response', 'default/pod/a', 'OK'), false],
  [message('edgecontroller', 'update', 'default/configmap/membership-list', object), false],
  [message('devicecontroller', 'insert', 'default/device/a', object), true],
  [message('devicecontroller', 'update', 'membership', object, 'twin'), false],
  [message('router_eventbus', 'publish', 'topic', 'x', 'user'), false],
  [message('dynamiccontroller', 'applicationResponse', 'ignore/Application/ignore', object), false],
  [message('dynamiccontroller', 'insert', 'null/node/a', object), true],
  [message('cloudhub', 'response', 'k8s/ca.crt', 'PEM'), false],
])('%#: %o', (value, expected) => {
  expect(needsAcknowledgement(value)).toBe(expected);
});
