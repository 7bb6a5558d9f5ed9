import { expect, test } from 'bun:test';
import { FakeClock, silentLogger } from '@selvedge/base';
import { capability, createMessage } from '@selvedge/wire';
import { CloudHub } from './cloud-hub.ts';
import type { ConnectRequest } from './shard/protocol.ts';
import { type LinkRecord, RecordReader, recordKind } from './shard/record.ts';
import type { ShardLink } from './shard-group.ts';

/** A shard's link that keeps what it is sent. */
class FakeShard implements ShardLink {
  readonly index = 0;
  congested = false;
  readonly sent: LinkRecord[] = [];
  readonly #reader = new RecordReader();

  send(record: Uint8Array): void {
    this.#reader.push(Buffer.from(record), (read) => this.sent.push(read));
  }

  count(kind: number): number {
    return this.sent.filter((record) => record.kind === kind).length;
  }
}

function connected() {
  const clock = new FakeClock();
  const hub = new CloudHub({
    clock,
    logger: silentLogger,
    nodeLimit: 10,
    capabilities: new Set([capability.pipeline]),
    maxMessageBytes: 1 << 20,
  });
  const shard = new FakeShard();
  const request: ConnectRequest = {
    certificateNode: 'edge',
    claimedNode: 'edge',
    connectionUse: 'msg',
    capabilities: 'pipeline',
    remoteAddress: '127.0.0.1',
    certificateExpiresAtMs: clock.now() + 3_600_000,
  };
  hub.onRecord(shard, {
    kind: recordKind.connect,
    connection: 1,
    payload: Buffer.from(JSON.stringify(request)),
  });
  const session = hub.session('edge');
  if (!session) throw new Error('no session');
  return { clock, hub, shard, session };
}

function pod(name: string) {
  return createMessage(
    { newId: () => name, nowMs: () => 0 },
    {
      route: {
        source: 'edgecontroller',
        group: 'resource',
        operation: 'insert',
        resource: `default/pod/${name}`,
      },
      content: {},
    },
  );
}

test('deliveries wait while the shard does not take what it is sent', async () => {
  const { clock, hub, shard, session } = connected();
  shard.congested = true;
  for (const name of ['a', 'b']) session.deliver(pod(name), { uid: name });
  await clock.advance(5_000);
  expect(shard.count(recordKind.sendText)).toBe(0);
  expect(session.pending).toBe(2);
  shard.congested = false;
  hub.onRelieved(shard);
  await clock.advance(0);
  expect(shard.count(recordKind.sendText)).toBe(2);
  hub[Symbol.dispose]();
});

test('a session ends with the certificate of its connection', async () => {
  const { clock, hub, shard, session } = connected();
  const reasons: string[] = [];
  hub.onDisconnected((_session, reason) => reasons.push(reason));
  await clock.advance(3_540_000);
  expect(session.open).toBe(true);
  await clock.advance(120_000);
  expect(session.open).toBe(false);
  expect(hub.session('edge')).toBeUndefined();
  expect(shard.count(recordKind.close)).toBe(1);
  expect(reasons).toEqual(["the node's certificate has expired"]);
  hub[Symbol.dispose]();
});
