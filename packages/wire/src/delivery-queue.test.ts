import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { DeliveryQueue, kubeEdgeRules, pipelineRules, type QueuedDelivery } from './delivery-queue.ts';
import type { Message } from './message.ts';

let sequence = 0;
function message(name: string, resourceversion: string, operation = 'update'): Message {
  return {
    header: { msg_id: `m${sequence++}`, timestamp: 0, resourceversion },
    route: { source: 'edgecontroller', group: 'resource', operation, resource: `default/pod/${name}` },
    content: null,
  };
}

function delivery(
  uid: string,
  version: string,
  operation?: string,
  onAcknowledged?: () => void,
): QueuedDelivery {
  return { uid, message: message(uid, version, operation), onAcknowledged };
}

const ids = (messages: readonly Message[]) =>
  messages.map((sent) => `${sent.route.resource.slice(12)}@${sent.header.resourceversion}`);

test('KubeEdge’s rule: one in flight, resent every five seconds, back to the end after five sends', () => {
  const queue = new DeliveryQueue(kubeEdgeRules);
  queue.add(delivery('a', '1'));
  queue.add(delivery('b', '1'));
  expect(ids(queue.poll(0))).toEqual(['a@1']);
  expect(queue.poll(4_999)).toEqual([]);
  for (const atMs of [5_000, 10_000, 15_000, 20_000]) expect(ids(queue.poll(atMs))).toEqual(['a@1']);
  expect(ids(queue.poll(25_000))).toEqual(['b@1']);
  expect(ids(queue.poll(30_000))).toEqual(['b@1']);
  const [last] = queue.poll(35_000);
  expect(queue.acknowledge(last?.header.msg_id ?? '')).toBe(true);
  expect(ids(queue.poll(35_000))).toEqual(['a@1']);
});

test('a newer version waits for the one in flight, and only the newest is sent', () => {
  const queue = new DeliveryQueue(kubeEdgeRules);
  queue.add(delivery('a', '1'));
  const [first] = queue.poll(0);
  queue.add(delivery('a', '2'));
  queue.add(delivery('a', '10'));
  expect(queue.add(delivery('a', '9'))).toBe(false);
  expect(queue.poll(0)).toEqual([]);
  queue.acknowledge(first?.header.msg_id ?? '');
  expect(ids(queue.poll(0))).toEqual(['a@10']);
});

test('a pipelined queue has many in flight, and sends a newer version at once', () => {
  const queue = new DeliveryQueue({ ...pipelineRules, window: 2 });
  for (const uid of ['a', 'b', 'c']) queue.add(delivery(uid, '1'));
  const [first, second] = queue.poll(0);
  expect(queue.poll(0)).toEqual([]);
  queue.add(delivery('a', '2'));
  expect(ids(queue.poll(0))).toEqual(['a@2']);
  expect(queue.acknowledge(first?.header.msg_id ?? '')).toBe(false);
  expect(queue.acknowledge(second?.header.msg_id ?? '')).toBe(true);
  expect(ids(queue.poll(0))).toEqual(['c@1']);
  expect(queue.size).toBe(2);
});

test('a delete wins over updates, and an error puts the object at rest', () => {
  const queue = new DeliveryQueue(pipelineRules);
  queue.add(delivery('a', '1'));
  queue.add(delivery('a', '', 'delete'));
  expect(queue.add(delivery('a', '7'))).toBe(false);
  const [sent] = queue.poll(0);
  expect(sent?.route.operation).toBe('delete');
  expect(queue.refuse(sent?.header.msg_id ?? '', 0)).toBe(true);
  expect(queue.poll(4_999)).toEqual([]);
  expect(queue.poll(5_000)).toHaveLength(1);
});

function deleteOf(name: string): QueuedDelivery {
  return { uid: '', message: message(name, '', 'delete') };
}

test('a delete without uid is not sent again after a new object of the name', () => {
  for (const rules of [kubeEdgeRules, pipelineRules]) {
    const queue = new DeliveryQueue(rules);
    queue.add(deleteOf('a'));
    const [deleted] = queue.poll(0);
    const deleteId = deleted?.header.msg_id ?? '';
    // The disk was full: the delete rests.
    expect(queue.refuse(deleteId, 10)).toBe(true);
    queue.add({ uid: 'new', message: message('a', '5', 'insert') });
    const [inserted] = queue.poll(20);
    expect(inserted?.route.operation).toBe('insert');
    expect(queue.acknowledge(inserted?.header.msg_id ?? '')).toBe(true);
    expect(queue.size).toBe(0);
    expect(queue.poll(600_000)).toEqual([]);
  }
});

test('nor is one that is in flight when the new object comes, and its late answer changes nothing', () => {
  const queue = new DeliveryQueue(pipelineRules);
  queue.add(deleteOf('a'));
  const [deleted] = queue.poll(0);
  queue.add({ uid: 'new', message: message('a', '5') });
  const [updated] = queue.poll(0);
  expect(queue.refuse(deleted?.header.msg_id ?? '', 10)).toBe(false);
  expect(queue.acknowledge(updated?.header.msg_id ?? '')).toBe(true);
  expect(queue.poll(600_000)).toEqual([]);
});

test('whatever happens, each object’s last version is acknowledged in the end, once, and nothing is left', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), uid: fc.constantFrom('a', 'b', 'c', 'd') }),
    fc.record({ kind: fc.constant('acknowledge' as const), pick: fc.nat(5) }),
    fc.record({ kind: fc.constant('refuse' as const), pick: fc.nat(5) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(70_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, pipelined) => {
      const queue = new DeliveryQueue(pipelined ? { ...pipelineRules, window: 2 } : kubeEdgeRules);
      const acknowledged = new Map<string, number>();
      const wanted = new Map<string, number>();
      let sent: Message[] = [];
      let nowMs = 0;
      let version = 0;
      const poll = () => {
        const due = queue.poll(nowMs);
        for (const message of due)
          sent = [...sent.filter((old) => old.header.msg_id !== message.header.msg_id), message];
      };
      for (const next of steps) {
        if (next.kind === 'add') {
          const mine = ++version;
          wanted.set(next.uid, mine);
          queue.add(
            delivery(next.uid, String(mine), 'update', () => {
              expect(acknowledged.get(next.uid) ?? 0).toBeLessThan(mine);
              acknowledged.set(next.uid, mine);
            }),
          );
        } else if (next.kind === 'wait') nowMs += next.ms;
        else {
          const target = sent[next.pick % Math.max(1, sent.length)];
          if (target && next.kind === 'acknowledge') queue.acknowledge(target.header.msg_id);
          if (target && next.kind === 'refuse') queue.refuse(target.header.msg_id, nowMs);
        }
        poll();
      }
      for (let round = 0; round < 100 && queue.size > 0; round++) {
        nowMs += 400_000;
        poll();
        for (const message of sent) queue.acknowledge(message.header.msg_id);
      }
      expect(queue.size).toBe(0);
      expect(acknowledged).toEqual(wanted);
    }),
  );
});
