// The store over a real SQLite file and over a journal that the test commits and fails by hand.

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@selvedge/base';
import { sqliteJournal } from './sqlite-journal.ts';
import { openStore } from './store.ts';
import type { Store } from './store-contract.ts';
import type { Journal, JournalBatch, JournalState, Write } from './types.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sv-store-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const header = { uid: 'u', labels: {}, fields: {} };

function put(key: string, text: string, expectedRevision = 0): Write {
  return { collection: 'pods', key, expectedRevision, build: () => ({ header, value: Buffer.from(text) }) };
}

function remove(key: string, expectedRevision: number): Write {
  return { collection: 'pods', key, expectedRevision, build: () => undefined };
}

function textOf(store: Store, key: string): string | undefined {
  const entry = store.collection('pods').get(key);
  return entry && Buffer.from(entry.value).toString();
}

function openFile(history?: { maxEvents: number; maxBytes: number }): Promise<Store> {
  const journal = sqliteJournal(join(directory, 'store.db'));
  return openStore({ journal, logger: silentLogger, ...(history ? { history } : {}) });
}

/** A journal whose commits end when the test says so. */
class HandJournal implements Journal {
  readonly batches: JournalBatch[] = [];
  #end: { resolve: () => void; reject: (error: Error) => void } | undefined;

  async load(begin: (state: JournalState) => void): Promise<void> {
    begin({ revision: 0, compacted: new Map() });
  }

  append(batch: JournalBatch): Promise<void> {
    this.batches.push(batch);
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
    });
  }

  async underWay(count: number): Promise<void> {
    while (this.batches.length < count) await new Promise((resolve) => setImmediate(resolve));
  }

  commit(): void {
    this.#end?.resolve();
  }

  fail(): void {
    this.#end?.reject(new Error('disk full'));
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function openByHand(history = { maxEvents: 100, maxBytes: 1 << 20 }) {
  const journal = new HandJournal();
  return { journal, store: await openStore({ journal, logger: silentLogger, history }) };
}

test('what was written is there after opening again, deletions too, and revisions go on', async () => {
  {
    await using store = await openFile();
    await store.write(put('a/one', '{"n":1}'));
    await store.write(put('a/one', '{"n":2}', 1));
    await store.write(put('a/two', '{"n":3}'));
    await store.write(remove('a/two', 3));
  }
  await using store = await openFile();
  expect(textOf(store, 'a/one')).toBe('{"n":2}');
  expect(textOf(store, 'a/two')).toBeUndefined();
  expect(store.revision).toBe(4);
  expect(await store.write(put('a/three', '{"n":4}'))).toMatchObject({ kind: 'written', revision: 5 });
});

test('history is bounded also over restarts: older watches are told that it is gone', async () => {
  const history = { maxEvents: 3, maxBytes: 1 << 20 };
  {
    await using store = await openFile(history);
    for (let revision = 0; revision < 10; revision++)
      await store.write(put('a/one', `{"n":${revision}}`, revision));
  }
  await using store = await openFile(history);
  const pods = store.collection('pods');
  expect(textOf(store, 'a/one')).toBe('{"n":9}');
  expect(pods.watch(5, () => undefined)).toMatchObject({ kind: 'compacted' });
  const recent = pods.watch(8, () => undefined);
  expect(recent.kind === 'watching' && recent.missed.map((event) => event.revision)).toEqual([9, 10]);
});

test('nobody sees or hears of a write before its commit has returned', async () => {
  const { journal, store } = await openByHand();
  const told: number[] = [];
  store.collection('pods').watch(0, ({ revision }) => told.push(revision));
  let answered = false;
  const answer = store.write(put('a/one', '{}')).then(() => {
    answered = true;
  });
  await journal.underWay(1);
  expect({ answered, told, seen: textOf(store, 'a/one') }).toEqual({
    answered: false,
    told: [],
    seen: undefined,
  });
  journal.commit();
  await answer;
  expect(told).toEqual([1]);
  expect(textOf(store, 'a/one')).toBe('{}');
});

test('writes that come during a commit gather for the next one', async () => {
  const { journal, store } = await openByHand();
  const first = store.write(put('a/0', '{}'));
  await journal.underWay(1);
  const rest = [1, 2, 3].map((index) => store.write(put(`a/${index}`, '{}')));
  journal.commit();
  await first;
  await journal.underWay(2);
  journal.commit();
  await Promise.all(rest);
  expect(journal.batches.map((batch) => batch.records.length)).toEqual([1, 3]);
});

test('of two writers who saw the same revision one is told of the other', async () => {
  const { journal, store } = await openByHand();
  const first = store.write(put('a/one', '{"by":1}'));
  expect(await store.write(put('a/one', '{"by":2}'))).toMatchObject({ kind: 'conflict' });
  await journal.underWay(1);
  journal.commit();
  expect(await first).toMatchObject({ kind: 'written' });
});

test('a commit that fails refuses its writes and those built on them; the next ones go on', async () => {
  const { journal, store } = await openByHand({ maxEvents: 1, maxBytes: 1 << 20 });
  for (let revision = 0; revision < 3; revision++) {
    const written = store.write(put('a/one', '{}', revision));
    await journal.underWay(revision + 1);
    journal.commit();
    await written;
  }
  const lost = store.write(put('a/two', '{}'));
  await journal.underWay(4);
  const builtOnIt = store.write(put('a/two', '{}', 4));
  const refusals = [lost, builtOnIt].map((write) => write.catch((error) => error.code));
  journal.fail();
  expect(await Promise.all(refusals)).toEqual(['store/write-failed', 'store/write-failed']);
  expect(store.healthy).toBe(false);
  expect(store.latest('pods', 'a/two')).toBeUndefined();

  const after = store.write(put('a/three', '{}'));
  await journal.underWay(5);
  journal.commit();
  expect(await after).toMatchObject({ kind: 'written' });
  expect(store.healthy).toBe(true);
  // What the failed commit should have thrown away is thrown away by the next one.
  expect(journal.batches.slice(3).map((batch) => batch.discard)).toEqual([[1], [1]]);
});

test('what was written long ago is packed, and read, listed, replaced and looked back at as before', async () => {
  await using store = await openFile();
  const text = (key: string, turn: number) =>
    `{"name":"${key}","turn":${turn},"text":"${'so long '.repeat(400)}"}`;
  const keys = Array.from({ length: 5_000 }, (_, index) => `a/${String(index).padStart(4, '0')}`);
  await Promise.all(keys.map((key) => store.write(put(key, text(key, 1)))));
  const pods = store.collection('pods');
  const bytes = pods.bytes;
  const before = store.revision;
  const texts = (revision?: number) => {
    const listed = pods.list({ prefix: 'a/', ...(revision !== undefined && { revision }) });
    if (listed.kind !== 'entries') throw new Error('the history is gone');
    return Array.from(listed.entries, (entry) => Buffer.from(entry.value).toString());
  };
  expect(texts()).toEqual(keys.map((key) => text(key, 1)));
  for (const key of keys.slice(0, 3)) {
    expect(textOf(store, key)).toBe(text(key, 1));
    await store.write(put(key, text(key, 2), pods.get(key)?.revision));
  }
  expect(texts()).toEqual(keys.map((key, index) => text(key, index < 3 ? 2 : 1)));
  expect(texts(before)).toEqual(keys.map((key) => text(key, 1)));
  expect(pods.bytes).toBe(bytes);
  // The first ones left the warm entries long ago, and the last ones are still among them.
  const isMadeAnew = (key = '') => {
    const [one, other] = [pods.get(key)?.value, pods.get(key)?.value];
    return one !== other;
  };
  expect([isMadeAnew(keys[10]), isMadeAnew(keys.at(-1))]).toEqual([true, false]);
});

test('who shows a version that is on its way to the disk waits for it, and hears if it was lost', async () => {
  const { journal, store } = await openByHand();
  const written = store.write(put('a/one', '{"n":1}'));
  await journal.underWay(1);
  const shown = store.latest('pods', 'a/one')?.revision ?? 0;
  let fate = 'unknown';
  const waited = store.durable(shown).then(() => {
    fate = 'durable';
  });
  await Promise.resolve();
  expect(fate).toBe('unknown');
  journal.commit();
  await Promise.all([written, waited]);
  expect(fate).toBe('durable');
  await store.durable(shown);
  const lost = store.write(put('a/one', '{"n":2}', shown));
  await journal.underWay(2);
  const unsure = store.durable(store.latest('pods', 'a/one')?.revision ?? 0);
  const settled = Promise.allSettled([lost, unsure]);
  journal.fail();
  const failed = { status: 'rejected', reason: { code: 'store/write-failed' } };
  expect(await settled).toMatchObject([failed, failed]);
});
