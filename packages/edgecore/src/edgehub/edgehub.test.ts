import { expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { type Clock, FakeClock, Fault, silentLogger, systemClock } from '@selvedge/base';
import { capability, createMessage, type Message } from '@selvedge/wire';
import { TestCloud } from '../test-cloud/test-cloud.ts';
import { EdgeHub, type EdgeHubOptions, type LinkState } from './edgehub.ts';
import {
  type HubConnection,
  type HubConnectionEvents,
  type HubConnectionOptions,
  type HubIdentity,
  RefusedFault,
} from './hub-connection.ts';
import type { HubLink } from './hub-session.ts';

const nobody: HubIdentity = { caPem: '', certificatePem: '', keyPem: '' };

class Harness {
  readonly links: HubLink[] = [];
  readonly messages: Message[] = [];
  readonly states: LinkState[] = [];
  downs = 0;
  #up: Array<(link: HubLink) => void> = [];
  #message: Array<(message: Message) => void> = [];

  options(clock: Clock, port: number, identity: HubIdentity): EdgeHubOptions {
    return {
      endpoints: [{ host: '127.0.0.1', port }],
      nodeName: 'edge-1',
      identity,
      capabilities: [capability.pipeline, capability.streams, capability.digest, capability.lease],
      maxMessageBytes: 1 << 20,
      messagesPerSecond: 100,
      clock,
      logger: silentLogger,
      stamps: { newId: randomUUID, nowMs: () => clock.now() },
      random: () => 0.5,
      onUp: (link) => {
        this.links.push(link);
        this.#up.shift()?.(link);
      },
      onDown: () => this.downs++,
      onMessage: (message) => {
        this.messages.push(message);
        this.#message.shift()?.(message);
      },
      onBinary: () => undefined,
      onState: (state) => this.states.push(state),
    };
  }

  up(): Promise<HubLink> {
    return new Promise((resolve) => this.#up.push(resolve));
  }

  message(): Promise<Message> {
    return new Promise((resolve) => this.#message.push(resolve));
  }
}

function messageOf(content: unknown): Message {
  return createMessage(
    { newId: randomUUID, nowMs: () => 0 },
    {
      route: { source: 'edgecontroller', group: 'resource', operation: 'update', resource: 'a/pod/b' },
      content,
    },
  );
}

test('connects as KubeEdge does, agrees on capabilities, and says at once that it lives', async () => {
  await using cloud = await TestCloud.start({ capabilities: 'digest, lease, unknown' });
  const harness = new Harness();
  using hub = new EdgeHub(harness.options(systemClock, cloud.port, cloud.identity('edge-1')));
  const connecting = cloud.connection();
  const up = harness.up();
  hub.start();
  const connection = await connecting;
  expect([...(await up).capabilities].sort()).toEqual(['digest', 'lease']);
  expect(connection.startLine).toBe('GET /e632aba927ea4ac2b575ec1603d56f10/edge-1/events HTTP/1.1');
  expect(connection.headers.get('node_id')).toBe('edge-1');
  expect(connection.headers.get('connectionuse')).toBe('msg');
  const keepalive = await connection.message(({ route }) => route.operation === 'keepalive');
  expect(keepalive.content).toBe('ping');
  expect(hub.state.kind).toBe('connected');
});

test('passes messages both ways, and goes on after one that is not JSON', async () => {
  await using cloud = await TestCloud.start();
  const harness = new Harness();
  using hub = new EdgeHub(harness.options(systemClock, cloud.port, cloud.identity('edge-1')));
  const connecting = cloud.connection();
  const up = harness.up();
  hub.start();
  const connection = await connecting;
  const received = harness.message();
  connection.sendText('{"header":');
  connection.send(messageOf({ text: '<&>' }));
  expect((await received).content).toEqual({ text: '<&>' });
  (await up).send(messageOf('from the edge'));
  expect((await connection.message(({ content }) => content === 'from the edge')).route.resource).toBe(
    'a/pod/b',
  );
});

test('connects again by itself when the cloud goes and comes back', async () => {
  const first = await TestCloud.start();
  const { port, authority } = first;
  const harness = new Harness();
  using hub = new EdgeHub(harness.options(systemClock, port, first.identity('edge-1')));
  const up = harness.up();
  hub.start();
  await up;
  await first[Symbol.asyncDispose]();
  const again = harness.up();
  await using _second = await TestCloud.start({ authority, port });
  await again;
  expect(harness.downs).toBe(1);
  expect(harness.links.length).toBe(2);
});

test('a new certificate makes a new connection at once', async () => {
  await using cloud = await TestCloud.start();
  const harness = new Harness();
  using hub = new EdgeHub(harness.options(systemClock, cloud.port, cloud.identity('edge-1')));
  const up = harness.up();
  hub.start();
  await up;
  const again = harness.up();
  hub.setIdentity(cloud.identity('edge-1'));
  await again;
  expect(cloud.connections.length).toBe(2);
  expect(hub.state.kind).toBe('connected');
});

test('does not talk to a cloud of another CA, nor to one whose certificate names another host', async () => {
  await using cloud = await TestCloud.start();
  await using stranger = await TestCloud.start();
  const harness = new Harness();
  const { promise: waiting, resolve } = Promise.withResolvers<LinkState>();
  const options = harness.options(systemClock, stranger.port, cloud.identity('edge-1'));
  using hub = new EdgeHub({
    ...options,
    onState: (state) => {
      if (state.kind === 'waiting') resolve(state);
    },
  });
  hub.start();
  const state = await waiting;
  expect(state.kind === 'waiting' && state.reason).toContain('another CA');
  expect(stranger.connections.length).toBe(0);
});

class FakeConnection implements HubConnection {
  readonly capabilities = new Set<never>();
  receivedBytes = 1;
  sent: string[] = [];
  pings = 0;
  readonly events: HubConnectionEvents;
  constructor(events: HubConnectionEvents) {
    this.events = events;
  }
  sendText(text: string): void {
    this.sent.push(text);
  }
  sendBinary(): void {}
  ping(): void {
    this.pings++;
  }
}

function fakeHub(clock: FakeClock) {
  const harness = new Harness();
  const connections: FakeConnection[] = [];
  const hub = new EdgeHub({
    ...harness.options(clock, 1, nobody),
    open: (_options: HubConnectionOptions, events: HubConnectionEvents) => {
      connections.push(new FakeConnection(events));
      let closed = false;
      return (error) => {
        if (!closed) events.onClosed(error);
        closed = true;
      };
    },
  });
  const last = () => connections.at(-1) as FakeConnection;
  const lose = () => last().events.onClosed(new Fault('edgehub/lost', 'lost', { retryable: true }));
  return { harness, connections, hub, last, lose };
}

test('retries within a second at first, then ever more slowly up to half a minute', async () => {
  const clock = new FakeClock();
  const { connections, hub, lose } = fakeHub(clock);
  hub.start();
  const delays: number[] = [];
  for (let round = 0; round < 9; round++) {
    lose();
    expect(hub.state.kind).toBe('waiting');
    const { untilMs, sinceMs } = hub.state as Extract<LinkState, { kind: 'waiting' }>;
    delays.push(untilMs - sinceMs);
    await clock.advance(untilMs - sinceMs);
    expect(connections.length).toBe(round + 2);
  }
  expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  hub[Symbol.dispose]();
  expect(clock.pendingTimers).toBe(0);
});

test('a link that stood makes the next retry quick again', async () => {
  const clock = new FakeClock();
  const { hub, last, lose } = fakeHub(clock);
  hub.start();
  lose();
  await clock.advance(500);
  lose();
  await clock.advance(1_000);
  last().events.onOpen(last());
  await clock.advance(10_000);
  lose();
  const { untilMs, sinceMs } = hub.state as Extract<LinkState, { kind: 'waiting' }>;
  expect(untilMs - sinceMs).toBe(500);
  hub[Symbol.dispose]();
});

test('comes back when the cloud said it should', async () => {
  const clock = new FakeClock();
  const { connections, hub, last } = fakeHub(clock);
  hub.start();
  last().events.onClosed(new RefusedFault('busy', { retryAfterMs: 77_000 }));
  await clock.advance(76_999);
  expect(connections.length).toBe(1);
  await clock.advance(1);
  expect(connections.length).toBe(2);
  hub[Symbol.dispose]();
});

test('gives up a link on which the cloud is silent, and a try that leads nowhere', async () => {
  const clock = new FakeClock();
  const { hub, last, harness } = fakeHub(clock);
  hub.start();
  last().events.onOpen(last());
  await clock.advance(14_999);
  last().receivedBytes = 2;
  await clock.advance(1);
  expect(last().pings).toBe(2);
  expect(hub.state.kind).toBe('connected');
  await clock.advance(15_000);
  expect(hub.state).toMatchObject({ kind: 'waiting' });
  expect(harness.downs).toBe(1);
  await clock.advance(500);
  expect(hub.state.kind).toBe('connecting');
  await clock.advance(15_000);
  expect(hub.state.kind).toBe('waiting');
  hub[Symbol.dispose]();
  expect(clock.pendingTimers).toBe(0);
});

test('sends no faster than allowed, but acknowledgements at once', async () => {
  const clock = new FakeClock();
  const { hub, last, harness } = fakeHub(clock);
  hub.start();
  last().events.onOpen(last());
  const link = harness.links[0];
  for (let index = 0; index < 300; index++) link?.send(messageOf(index));
  const acknowledgement = messageOf('OK');
  link?.send({ ...acknowledgement, route: { ...acknowledgement.route, operation: 'response' } });
  // The keepalive, the burst of two seconds' worth, the acknowledgement.
  expect(last().sent.length).toBe(1 + 200 + 1);
  await clock.advance(500);
  expect(last().sent.length).toBe(1 + 200 + 1 + 50);
  hub[Symbol.dispose]();
  await clock.advance(10_000);
  expect(last().sent.length).toBe(252);
});
