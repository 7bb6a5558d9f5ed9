import { afterEach, expect, test } from 'bun:test';
import type { NodeSession } from './hub.ts';
import { disconnectNodes, joined, serverCertificate, startHub, type TestHub } from './test-hub.ts';
import type { TestNode } from './test-node.ts';

afterEach(disconnectNodes);

/** Tries until the hub takes it: a listener that gives way resets what it has not accepted yet. */
async function joinedAtLast(hub: TestHub, name: string): Promise<NodeSession> {
  let joining: [TestNode, NodeSession] | undefined;
  while (!joining) joining = await joined(hub, name).catch(() => undefined);
  return joining[1];
}

test('a killed shard takes its sessions along and comes back', async () => {
  const hub = await startHub({ shards: 2 });
  const first = await Promise.all(['a', 'b', 'c', 'd'].map((name) => joined(hub, name)));
  for (const pid of hub.shards.processIds) process.kill(pid, 'SIGKILL');
  await hub.until(() => hub.events.filter((event) => event.startsWith('-')).length >= 4);
  expect(hub.hub.connectedNodes).toBe(0);
  for (const [, session] of first) expect(session.open).toBe(false);
  expect((await joinedAtLast(hub, 'a')).open).toBe(true);
  await hub.stop();
});

const broken = { certificate: 'no certificate', key: 'no key' };
const canNotListen = ({ logged }: TestHub) =>
  logged.filter((line) => line.includes('hub shard can not listen')).length;

test('a certificate that does not work costs neither the listener nor a connection', async () => {
  const hub = await startHub();
  const [, session] = await joined(hub, 'before');
  hub.shards.reconfigure(broken);
  await hub.until(() => canNotListen(hub) === 1);
  await joined(hub, 'after');
  hub.shards.reconfigure(serverCertificate);
  await joinedAtLast(hub, 'later');
  expect(session.open).toBe(true);
  expect(hub.hub.connectedNodes).toBe(3);
  await hub.stop();
});

test('a shard that came back and can not listen is started again until it can', async () => {
  const hub = await startHub();
  hub.shards.reconfigure(broken);
  await hub.until(() => canNotListen(hub) === 1);
  for (const pid of hub.shards.processIds) process.kill(pid, 'SIGKILL');
  await hub.until(() => canNotListen(hub) === 3);
  hub.shards.reconfigure(serverCertificate);
  expect((await joinedAtLast(hub, 'a')).open).toBe(true);
  await hub.stop();
});
