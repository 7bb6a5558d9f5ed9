import { expect, test } from 'bun:test';
import type { MemoryLink } from '../test-cloud/memory-link.ts';
import { configMap, pod } from '../test-cloud/objects.ts';
import { OpenedStore } from './testing/opened-store.ts';

const volumes = [{ name: 'v', configMap: { name: 'shared' } }];

function insert(link: MemoryLink, ...names: string[]): void {
  for (const name of names) link.deliver('insert', `default/pod/${name}`, pod(name, { volumes }));
}

function remove(link: MemoryLink, ...names: string[]): void {
  for (const name of names) link.deliver('delete', `default/pod/${name}`, pod(name));
}

test('ConfigMaps and Secrets go with the last pod that reads them', async () => {
  await using store = new OpenedStore();
  const link = store.connect();
  const spec = { volumes, imagePullSecrets: [{ name: 'pull' }] };
  link.deliver('insert', 'default/pod/a', pod('a', spec));
  insert(link, 'b');
  link.deliver('insert', 'default/configmap/shared', configMap('shared'));
  link.deliver('insert', 'default/secret/pull', { ...configMap('pull'), kind: 'Secret' });
  await store.clock.advance(0);
  remove(link, 'a');
  await store.clock.advance(1_000);
  expect(store.objects()).toEqual(['configmap/shared', 'pod/b']);
  remove(link, 'b');
  await store.clock.advance(1_000);
  expect(store.objects()).toEqual([]);
});

test('what a new pod reads stays when the old one goes, in one burst or right before', async () => {
  await using store = new OpenedStore();
  const link = store.connect();
  link.deliver('insert', 'default/configmap/shared', configMap('shared'));
  insert(link, 'one');
  await store.clock.advance(0);
  insert(link, 'two');
  remove(link, 'one');
  await store.clock.advance(1_000);
  expect(store.objects()).toEqual(['configmap/shared', 'pod/two']);
  remove(link, 'two');
  await store.clock.advance(100);
  insert(link, 'three');
  await store.clock.advance(1_000);
  expect(store.objects()).toEqual(['configmap/shared', 'pod/three']);
  store.manager.linkDown();
  expect((await store.manager.object('configmap', 'default', 'shared')).metadata.name).toBe('shared');
});

test('the last two pods that go in one burst leave nothing, nor do they when the agent ends right after', async () => {
  await using store = new OpenedStore();
  for (const end of [() => store.clock.advance(1_000), () => store.restart()]) {
    const link = store.connect();
    link.deliver('insert', 'default/configmap/shared', configMap('shared'));
    insert(link, 'a', 'b');
    await store.clock.advance(0);
    remove(link, 'a', 'b');
    await store.clock.advance(0);
    await end();
    expect(store.objects()).toEqual([]);
  }
});

test('while a comparison’s deliveries are under way, what a pod has read stays for the ones that come', async () => {
  await using store = new OpenedStore();
  const first = store.connect();
  first.deliver('insert', 'default/configmap/shared', configMap('shared'));
  first.deliver('insert', 'default/configmap/other', configMap('other'));
  insert(first, 'old');
  first.deliver('insert', 'default/pod/gone', pod('gone', { imagePullSecrets: [{ name: 'pull' }] }));
  first.deliver('insert', 'default/secret/pull', { ...configMap('pull'), kind: 'Secret' });
  await store.clock.advance(0);
  const link = store.connect('digest');
  await store.clock.advance(0);
  const [digest] = link.requests('query', 'null/digest/edge-1');
  remove(link, 'old', 'gone');
  link.answer(digest as never, { differences: ['default/pod/old', 'default/pod/gone', 'default/pod/new'] });
  await store.clock.advance(60_000);
  expect(store.objects()).toEqual(['configmap/other', 'configmap/shared', 'secret/pull']);
  insert(link, 'new');
  await store.clock.advance(1_000);
  // What no pod here has ever read came for a pod that is still to come.
  expect(store.objects()).toEqual(['configmap/other', 'configmap/shared', 'pod/new']);
});
