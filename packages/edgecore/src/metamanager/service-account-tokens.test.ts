import { expect, test } from 'bun:test';
import type { FakeClock } from '@selvedge/base';
import type { TokenRequest } from '@selvedge/kubernetes';
import { pod } from '../test-cloud/objects.ts';
import type { StoreChange } from './node-store.ts';
import { OpenedStore } from './testing/opened-store.ts';

const asked = 'query default/serviceaccounttoken/default';
const token = (clock: FakeClock, expiresInMs: number, value = 'token') => ({
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenRequest',
  metadata: { name: 'default', namespace: 'default' },
  spec: {},
  status: { token: value, expirationTimestamp: new Date(clock.now() + expiresInMs).toISOString() },
});
const wanted = {
  spec: { audiences: [], expirationSeconds: 3_600, boundObjectRef: { kind: 'Pod', name: 'a', uid: 'uid-a' } },
} as unknown as TokenRequest;

test('a token is kept over restarts, renewed late in its life, and served expired when nobody can renew it', async () => {
  await using store = new OpenedStore();
  const { clock } = store;
  let { manager } = store;
  expect(manager.serviceAccountToken('default', 'default', wanted)).rejects.toMatchObject({
    code: 'metamanager/offline',
  });
  const link = store.connect();
  link.deliver('insert', 'default/pod/a', pod('a'));
  await clock.advance(0);
  link.answers.set(asked, () => token(clock, 3_600_000, 'first'));
  const first = manager.serviceAccountToken('default', 'default', wanted);
  await clock.advance(0);
  expect((await first).status?.token).toBe('first');
  await store.restart();
  ({ manager } = store);
  await clock.advance(2 * 3_600_000);
  expect((await manager.serviceAccountToken('default', 'default', wanted)).status?.token).toBe('first');
  const changes: StoreChange[] = [];
  using _ = manager.subscribe((change) => changes.push(change));
  const second = store.connect();
  second.answers.set(asked, () => token(clock, 3_600_000, 'second'));
  manager.linkUp(second);
  await clock.advance(0);
  expect(changes.map(({ type, name }) => `${type} ${name}`)).toEqual(['serviceaccounttoken default']);
  expect((await manager.serviceAccountToken('default', 'default', wanted)).status?.token).toBe('second');
  expect(second.requests('query', 'default/serviceaccounttoken/default').length).toBe(1);
  await clock.advance(3_600_000 * 0.81);
  expect(second.requests('query', 'default/serviceaccounttoken/default').length).toBe(2);
});

test("tokens go with their pod's uid", async () => {
  await using store = new OpenedStore();
  const { clock, manager } = store;
  const link = store.connect();
  link.deliver('insert', 'default/pod/a', pod('a'));
  link.answers.set(asked, () => token(clock, 3_600_000));
  const got = manager.serviceAccountToken('default', 'default', wanted);
  await clock.advance(0);
  await got;
  link.deliver('delete', 'default/pod/a', pod('a'));
  await clock.advance(0);
  expect(store.onDisk('SELECT key FROM token')).toEqual([]);
});

test('a token that comes when its pod has gone serves who asked, and is neither kept nor renewed', async () => {
  await using store = new OpenedStore();
  const { clock, manager } = store;
  const link = store.connect('pipeline');
  link.deliver('insert', 'default/pod/a', pod('a'));
  await clock.advance(0);
  const got = manager.serviceAccountToken('default', 'default', wanted);
  link.deliver('delete', 'default/pod/a', pod('a'));
  await clock.advance(0);
  const requests = () => link.requests('query', 'default/serviceaccounttoken/default');
  link.answer(requests()[0] as never, token(clock, 3_600_000));
  expect((await got).status?.token).toBe('token');
  await clock.advance(2 * 3_600_000);
  expect(store.onDisk('SELECT key FROM token')).toEqual([]);
  expect(requests().length).toBe(1);
});

test('tokens of pods that are not there are dropped when the store is opened', async () => {
  await using store = new OpenedStore();
  const { clock } = store;
  const link = store.connect();
  for (const name of ['a', 'b']) link.deliver('insert', `default/pod/${name}`, pod(name));
  await clock.advance(0);
  link.answers.set(asked, () => token(clock, 3_600_000));
  await Promise.all([
    store.manager.serviceAccountToken('default', 'default', wanted),
    store.manager.serviceAccountToken('default', 'default', {
      spec: { ...wanted.spec, boundObjectRef: { kind: 'Pod', name: 'b', uid: 'uid-b' } },
    }),
    clock.advance(100),
  ]);
  await store.restart((database) => database.exec("DELETE FROM object WHERE name = 'a'"));
  await clock.advance(100);
  expect(store.onDisk('SELECT pod_uid FROM token')).toEqual([{ pod_uid: 'uid-b' }]);
});
