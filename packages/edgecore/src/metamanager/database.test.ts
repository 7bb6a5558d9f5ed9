import { expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import type { Event, TokenRequest } from '@selvedge/kubernetes';
import { pod } from '../test-cloud/objects.ts';
import { parseStored } from './database.ts';
import { jsonColumns, schemaSteps } from './schema.ts';
import { OpenedStore } from './testing/opened-store.ts';

const bound = {
  spec: { boundObjectRef: { kind: 'Pod', name: 'a', uid: 'uid-a' } },
} as unknown as TokenRequest;
const event = { metadata: { name: 'e' }, involvedObject: {}, reason: 'R' } as unknown as Event;

/** One row in each table. */
async function fill(store: OpenedStore): Promise<void> {
  const { clock, manager } = store;
  const link = store.connect();
  link.deliver('insert', 'default/pod/a', pod('a'));
  await clock.advance(0);
  const status = { token: 't', expirationTimestamp: new Date(clock.now() + 3_600_000).toISOString() };
  const answer = { kind: 'TokenRequest', metadata: { name: 'default' }, spec: {}, status };
  link.answers.set('query default/serviceaccounttoken/default', () => answer);
  const token = manager.serviceAccountToken('default', 'default', bound);
  manager.setPodStatus(pod('a'), { phase: 'Running' });
  await clock.advance(100);
  await token;
  manager.linkDown();
  manager.recordEvent(event);
  await clock.advance(100);
}

test.each([...jsonColumns])(
  'a damaged row of %s (%s) moves the store aside, and the node starts',
  async (table, column) => {
    await using store = new OpenedStore();
    await fill(store);
    await store.restart();
    expect(store.manager.pods().length).toBe(1);
    await store.restart((database) => database.exec(`UPDATE ${table} SET ${column} = substr(${column}, 2)`));
    expect(store.manager.pods()).toEqual([]);
    expect(store.manager.synchronized).toBe(false);
    expect(readdirSync(store.directory).filter((name) => name.includes('.corrupt-')).length).toBe(1);
  },
);

test('every column that holds JSON is checked', () => {
  const named = schemaSteps.join().matchAll(/\b(content|request) TEXT/g);
  expect([...named].length).toBe(jsonColumns.length);
});

test('a row that is damaged while the store is open is a fault of the store', () => {
  expect(() => parseStored('{"a":')).toThrow(expect.objectContaining({ code: 'metamanager/store-corrupt' }));
  expect(parseStored<unknown>('{"a":1}')).toEqual({ a: 1 });
});
