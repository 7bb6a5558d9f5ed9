import { expect, test } from 'bun:test';
import { FakeClock, silentLogger } from '@selvedge/base';
import { ApiFault, type KubeClient } from '@selvedge/client';
import { type KubeObject, resources } from '@selvedge/kubernetes';
import { type EventInput, EventRecorder, eventLimits } from './event-recorder.ts';

interface Write {
  readonly kind: 'create' | 'patch';
  readonly name: string;
  readonly body: KubeObject;
}

function recorder(refuse: (write: Write) => boolean = () => false) {
  const writes: Write[] = [];
  const write = async (one: Write) => {
    if (refuse(one)) throw new ApiFault({ code: 403, reason: 'Forbidden' });
    writes.push(one);
  };
  const client = {
    create: (_type: unknown, body: KubeObject) =>
      write({ kind: 'create', name: body.metadata?.name ?? '', body }),
    patch: ({ name }: { name: string }, _patchType: string, body: KubeObject) =>
      write({ kind: 'patch', name, body }),
  };
  const clock = new FakeClock();
  const events = new EventRecorder({
    client: client as unknown as KubeClient,
    clock,
    random: () => 0.5,
    logger: silentLogger,
  });
  /** Lets all that is queued be written. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { events, writes, clock, settle };
}

const event = (more: Partial<EventInput> = {}): EventInput => ({
  subject: {
    type: resources.deployments,
    namespace: 'default',
    name: 'web',
    uid: 'u1',
    resourceVersion: '7',
  },
  component: 'deployment-controller',
  type: 'Normal',
  reason: 'ScalingReplicaSet',
  message: 'Scaled up',
  ...more,
});

test('an event names what it is about, who says it, and when', async () => {
  const { events, writes, settle } = recorder();
  events.record(event());
  await settle();
  expect(writes).toHaveLength(1);
  expect(writes[0]?.name).toMatch(/^web\.[0-9a-f]{16}$/);
  expect(writes[0]?.body).toEqual({
    metadata: { name: writes[0]?.name ?? '', namespace: 'default' },
    involvedObject: {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      name: 'web',
      uid: 'u1',
      namespace: 'default',
      resourceVersion: '7',
    },
    type: 'Normal',
    reason: 'ScalingReplicaSet',
    message: 'Scaled up',
    source: { component: 'deployment-controller' },
    reportingComponent: 'deployment-controller',
    firstTimestamp: '2023-11-14T22:13:20Z',
    lastTimestamp: '2023-11-14T22:13:20Z',
    count: 1,
  });
});

test('an event about what has no namespace is kept in the default one', async () => {
  const { events, writes, settle } = recorder();
  events.record(event({ subject: { type: resources.nodes, name: 'n1', uid: 'u2' } }));
  await settle();
  expect(writes[0]?.body.metadata?.namespace).toBe('default');
  expect(writes[0]?.body.involvedObject).toEqual({ kind: 'Node', apiVersion: 'v1', name: 'n1', uid: 'u2' });
});

test('the same again is counted, not repeated; after a long time it is news', async () => {
  const { events, writes, clock, settle } = recorder();
  for (let index = 0; index < 3; index++) {
    events.record(event());
    await settle();
    await clock.advance(60_000);
  }
  expect(writes.map((one) => one.kind)).toEqual(['create', 'patch', 'patch']);
  expect(writes[2]?.body).toEqual({ count: 3, lastTimestamp: '2023-11-14T22:15:20Z' });
  await clock.advance(eventLimits.rememberMs);
  events.record(event());
  await settle();
  expect(writes.at(-1)?.kind).toBe('create');
});

test('names sort by time, also within one millisecond', async () => {
  const { events, writes, clock, settle } = recorder();
  for (let index = 0; index < 5; index++) {
    events.record(event({ message: `Scaled ${index}` }));
    if (index === 2) await clock.advance(1);
  }
  await settle();
  expect(writes.map((one) => one.name)).toEqual(writes.map((one) => one.name).sort());
  expect(writes.map((one) => one.body.message)).toEqual([0, 1, 2, 3, 4].map((index) => `Scaled ${index}`));
});

test('one object may say so much at once, and then a little at a time', async () => {
  const { events, writes, clock, settle } = recorder();
  for (let index = 0; index < 40; index++) events.record(event({ message: `Scaled ${index}` }));
  await settle();
  expect(writes).toHaveLength(eventLimits.burstPerObject);
  await clock.advance(eventLimits.refillPerObjectMs);
  events.record(event({ message: 'one more' }));
  events.record(event({ message: 'too many' }));
  await settle();
  expect(writes).toHaveLength(eventLimits.burstPerObject + 1);
});

test('a flood over many objects is cut', async () => {
  const { events, writes, settle } = recorder();
  for (let index = 0; index < 2_000; index++) {
    events.record(
      event({ subject: { type: resources.pods, namespace: 'default', name: `p${index}`, uid: `u${index}` } }),
    );
  }
  await settle();
  expect(writes).toHaveLength(eventLimits.burst);
});

test('one that cannot be written does not hold up the next', async () => {
  const { events, writes, settle } = recorder((one) => one.body.message === 'refused');
  events.record(event({ message: 'refused' }));
  events.record(event({ message: 'written' }));
  await settle();
  expect(writes.map((one) => one.body.message)).toEqual(['written']);
});
