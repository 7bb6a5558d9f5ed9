import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { encodeFrame, opcode } from '@selvedge/base/websocket';
import {
  acknowledgementOf,
  createMessage,
  errorReplyTo,
  keepaliveMessage,
  type Message,
  type MessageStamps,
  replyTo,
  StreamMultiplexer,
} from '@selvedge/wire';
import { disconnectNodes, join, joined, startHub, type TestHub } from './test-hub.ts';

const stamps: MessageStamps = { newId: () => crypto.randomUUID(), nowMs: () => Date.now() };

let shared: TestHub;
beforeAll(async () => {
  shared = await startHub();
});
afterEach(disconnectNodes);
afterAll(() => shared.stop());

function podMessage(name: string, version = '1', operation = 'insert'): Message {
  return createMessage(stamps, {
    route: { source: 'edgecontroller', group: 'resource', operation, resource: `default/pod/${name}` },
    content: { metadata: { name } },
    resourceVersion: version,
  });
}

describe('who may connect', () => {
  test('a node with its own certificate, under its own name', async () => {
    const [node, session] = await joined(shared, 'plain');
    expect(node.capabilities).toBe('');
    expect(session.capabilities.size).toBe(0);
    expect(shared.events).toContain('+plain');
    node[Symbol.dispose]();
    await shared.until(() => shared.events.some((event) => event.startsWith('-plain')));
    expect(shared.hub.session('plain')).toBeUndefined();
    expect(session.open).toBe(false);
  });

  test('not under the name of another node, and not without ConnectionUse', async () => {
    const other = await join(shared, 'liar', { node_id: 'victim' });
    await other.until((node) => node.closed !== undefined);
    expect(other.closed).toEqual({
      code: 1008,
      reason: 'the certificate is of node "liar", node_id says "victim"',
    });
    const unused = await join(shared, 'liar', { ConnectionUse: 'str' });
    await unused.until((node) => node.closed !== undefined);
    expect(unused.closed?.reason).toContain('ConnectionUse');
    expect(shared.hub.session('victim')).toBeUndefined();
  });

  test('the newest connection of a node wins', async () => {
    const [first, old] = await joined(shared, 'twice');
    const [, session] = await joined(shared, 'twice');
    await first.until((node) => node.closed !== undefined);
    expect(first.closed?.reason).toContain('newer connection');
    expect(old.open).toBe(false);
    expect(shared.hub.session('twice')).toBe(session);
  });

  test('no more nodes than the limit, but those that are there may come again', async () => {
    const hub = await startHub({ nodeLimit: 1 });
    await joined(hub, 'one');
    const late = await join(hub, 'two');
    await late.until((node) => node.closed !== undefined);
    expect(late.closed).toEqual({ code: 1013, reason: 'the limit of 1 nodes is reached' });
    await joined(hub, 'one');
    await hub.stop();
  });
});

describe('bad input ends its own connection only', () => {
  test.each([
    [
      'a frame that announces a gigabyte',
      Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]),
      1009,
    ],
    ['invalid JSON', encodeFrame(opcode.text, '{nonsense', [1, 2, 3, 4]), 1007],
    ['JSON that is no message', encodeFrame(opcode.text, '{"header":[]}', [1, 2, 3, 4]), 1007],
    ['an unmasked frame', encodeFrame(opcode.text, 'x'), 1002],
    ['a stream frame without a stream', encodeFrame(opcode.binary, 'xxxxxx', [1, 2, 3, 4]), 1002],
  ])('%s', async (_what, bytes, code) => {
    const [good, session] = await joined(shared, 'good');
    const bad = await join(shared, 'bad');
    bad.write(bytes);
    await bad.until((node) => node.closed !== undefined);
    expect(bad.closed?.code).toBe(code);
    session.send(podMessage('a'));
    await good.until((node) => node.messages.length === 1);
  });

  test('a message of ten megabytes is no bad input', async () => {
    const [node] = await joined(shared, 'large');
    const before = shared.messages.length;
    const large = { ...podMessage('large'), content: 'x'.repeat(10 << 20) };
    node.send({ ...large, route: { ...large.route, source: 'edged' } });
    await shared.until(() => shared.messages.length > before);
    expect(shared.messages.at(-1)?.content).toBe(large.content);
  });
});

describe('messages', () => {
  test('a Go edge gets one delivery at a time, and the next when it has acknowledged', async () => {
    const [node, session] = await joined(shared, 'go');
    const acknowledged: string[] = [];
    for (const name of ['a', 'b']) {
      session.deliver(podMessage(name), { uid: name, onAcknowledged: () => acknowledged.push(name) });
    }
    session.send(podMessage('unacknowledged'));
    await node.until(() => node.messages.length === 2);
    const [first] = node.messages.filter((message) => message.route.resource === 'default/pod/a');
    expect(session.pending).toBe(2);
    if (first) node.send(acknowledgementOf(stamps, first));
    await node.until(() => node.messages.length === 3);
    expect(acknowledged).toEqual(['a']);
    expect(node.messages.at(-1)?.route.resource).toBe('default/pod/b');
  });

  test('an edge of ours gets many at once, and a refused one later again', async () => {
    const [node, session] = await joined(shared, 'ours', 'pipeline, unheard-of');
    expect(node.capabilities).toBe('pipeline');
    for (let index = 0; index < 20; index++) session.deliver(podMessage(`p${index}`), { uid: `u${index}` });
    await node.until(() => node.messages.length === 20);
    const [refused, ...stored] = node.messages;
    if (refused) node.send(errorReplyTo(stamps, refused, 'the disk is full'));
    for (const message of stored) node.send(acknowledgementOf(stamps, message));
    const marker = createMessage(stamps, {
      route: { source: 'edged', group: 'meta', operation: 'query', resource: 'default/configmap/marker' },
      content: null,
    });
    node.send(marker);
    await shared.until(() =>
      shared.messages.some((message) => message.header.msg_id === marker.header.msg_id),
    );
    expect(session.pending).toBe(1);
    expect(shared.hub.counters.refusedDeliveries).toBeGreaterThan(0);
  });

  test('requests go to the controllers and replies come back; keepalives and forged sources do not arrive', async () => {
    const [node, session] = await joined(shared, 'asks');
    const before = shared.messages.length;
    node.send(keepaliveMessage(stamps));
    node.send(
      createMessage(stamps, {
        route: { source: 'edgecontroller', group: 'resource', operation: 'update', resource: 'x/y/z' },
        content: 1,
      }),
    );
    const query = createMessage(stamps, {
      route: { source: 'edged', group: 'meta', operation: 'query', resource: 'default/node/asks' },
      content: null,
    });
    node.send(query);
    await shared.until(() => shared.messages.length > before);
    expect(shared.messages.slice(before)).toEqual([query]);
    session.send(replyTo(stamps, query, { metadata: {} }, { source: 'edgecontroller', group: 'resource' }));
    await node.until(() => node.messages.length === 1);
    expect(node.messages[0]?.header.parent_msg_id).toBe(query.header.msg_id);
  });
});

test('streams carry bytes both ways beside the messages', async () => {
  const [node, session] = await joined(shared, 'streams', 'streams');
  const edge = new StreamMultiplexer({ role: 'acceptor' });
  const stream = session.openStream();
  let answer = '';
  const closed = new Promise<string | undefined>((resolve) => {
    stream.onClose = resolve;
  });
  stream.onData = (data) => {
    answer += Buffer.from(data).toString();
    stream.consumed(data.length);
  };
  stream.write(Buffer.from('question'));
  stream.end();
  let heard = '';
  let seen = 0;
  let done = false;
  while (!done) {
    await node.until(() => node.frames.length > seen);
    for (; seen < node.frames.length; seen++) edge.receive(node.frames[seen] ?? Buffer.alloc(0));
    for (const action of edge.take()) {
      if (action.kind === 'data') heard += action.data.toString();
      if (action.kind === 'ended') {
        edge.write(action.streamId, Buffer.from(`answer to ${heard}`));
        edge.end(action.streamId);
        done = true;
      }
    }
  }
  for (const action of edge.take()) if (action.kind === 'send') node.sendBinary(action.frame);
  expect(await closed).toBeUndefined();
  expect(answer).toBe('answer to question');
});

test('a silent node is disconnected, one that keeps alive is not', async () => {
  const hub = await startHub({ limits: { keepaliveTimeoutMs: 1_500 } });
  const [silent] = await joined(hub, 'silent');
  const [alive] = await joined(hub, 'alive');
  const beat = setInterval(() => alive.send(keepaliveMessage(stamps)), 200);
  const chatter = setInterval(
    () => silent.sendText(JSON.stringify({ header: { msg_id: 'a' }, route: {} })),
    200,
  );
  await silent.until((node) => node.closed !== undefined);
  clearInterval(beat);
  clearInterval(chatter);
  expect(silent.closed).toEqual({ code: 1008, reason: 'no keepalive from the node' });
  expect(hub.hub.session('alive')?.open).toBe(true);
  await hub.stop();
});
