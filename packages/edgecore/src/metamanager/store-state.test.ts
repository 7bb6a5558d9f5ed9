import { expect, test } from 'bun:test';
import type { Message } from '@selvedge/wire';
import type { MemoryLink } from '../test-cloud/memory-link.ts';
import { configMap, pod } from '../test-cloud/objects.ts';
import { OpenedStore } from './testing/opened-store.ts';

function digestOf(link: MemoryLink): Message {
  const [request] = link.requests('query', 'null/digest/edge-1');
  if (!request) throw new Error('no digest was sent');
  return request;
}

test('the store is whole when all that the cloud has queued is on disk, however long that takes', async () => {
  await using store = new OpenedStore();
  const { clock } = store;
  const link = store.connect('pipeline', 'digest');
  await clock.advance(0);
  expect(digestOf(link).content).toEqual({ objects: {}, listDifferences: true });
  // On a wide window the first deliveries overtake the answer.
  link.deliver('update', 'default/configmap/c', configMap('c'));
  await clock.advance(0);
  const differences = ['default/configmap/c', 'default/pod/a', 'default/pod/b', 'default/pod/old'];
  link.answer(digestOf(link), { differences });
  await clock.advance(60 * 60_000);
  expect(store.manager.synchronized).toBe(false);
  link.deliver('update', 'default/pod/a', pod('a'));
  link.deliver('delete', 'default/pod/old', { metadata: { name: 'old', namespace: 'default' } });
  link.deliver('update', 'default/pod/elsewhere', pod('elsewhere'));
  await clock.advance(60 * 60_000);
  expect(store.manager.synchronized).toBe(false);
  link.deliver('update', 'default/pod/b', pod('b'));
  await clock.advance(0);
  expect(store.manager.synchronized).toBe(true);
  await store.restart();
  expect(store.manager.synchronized).toBe(true);
});

test('what a link that broke has brought does not count on the next one', async () => {
  await using store = new OpenedStore();
  const { clock, manager } = store;
  const broken = store.connect('digest');
  await clock.advance(0);
  broken.answer(digestOf(broken), { differences: ['default/pod/a', 'default/pod/b'] });
  broken.deliver('update', 'default/pod/a', pod('a'));
  await clock.advance(0);
  manager.linkDown();
  const link = store.connect('digest');
  await clock.advance(0);
  link.answer(digestOf(link), { differences: ['default/pod/a', 'default/pod/b'] });
  link.deliver('update', 'default/pod/b', pod('b'));
  await clock.advance(0);
  expect(manager.synchronized).toBe(false);
  // One that can not be kept is not waited for: it would be sent again and again.
  link.deliver('update', 'default/pod/a', 'no pod');
  await clock.advance(0);
  expect(manager.synchronized).toBe(true);
});

test('nothing that differs is all that was to come', async () => {
  await using store = new OpenedStore();
  const link = store.connect('digest');
  await store.clock.advance(0);
  link.answer(digestOf(link), { differences: [] });
  await store.clock.advance(0);
  expect(store.manager.synchronized).toBe(true);
});
