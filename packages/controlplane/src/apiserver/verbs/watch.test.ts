import { afterAll, beforeAll, expect, test } from 'bun:test';
import { FakeClock, silentLogger } from '@selvedge/base';
import { openStore } from '../../store/store.ts';
import type { Store } from '../../store/store-contract.ts';
import type { Journal } from '../../store/types.ts';
import type { AnswerStream } from '../api-request.ts';
import { defaultLimits } from '../context.ts';
import { Metrics } from '../metrics.ts';
import { EncodedEvents } from '../output/encoded-events.ts';
import { Registry } from '../registry/registry.ts';
import { TestServer } from '../testing/test-server.ts';
import type { VerbCall } from './target.ts';
import { watchVerb } from './watch.ts';

const fromState = new URLSearchParams({
  watch: 'true',
  sendInitialEvents: 'true',
  resourceVersionMatch: 'NotOlderThan',
  allowWatchBookmarks: 'true',
  timeoutSeconds: '60',
});

function memoryJournal(): Journal {
  return {
    load: async (begin) => begin({ revision: 0, compacted: new Map() }),
    append: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** A client that takes one line, and the next when the test reads on. */
class SlowClient implements AnswerStream {
  readonly lines: string[] = [];
  fate: 'open' | 'ended' | 'cut' = 'open';
  #resume: () => void = () => undefined;
  #reads = false;

  readonly bufferedBytes = 0;
  writeHead(): void {}
  flushHead(): void {}

  write(chunk: Uint8Array | string): boolean {
    const { type, object } = JSON.parse(Buffer.from(chunk).toString());
    this.lines.push(`${type} ${object.metadata.name ?? Object.keys(object.metadata.annotations ?? {})}`);
    return this.#reads;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Reads one more line, or from now on all there is. */
  async read(how: 'one' | 'all'): Promise<void> {
    this.#reads = how === 'all';
    this.#resume();
    await Bun.sleep(0);
  }

  end(): void {
    if (this.fate === 'open') this.fate = 'ended';
  }

  destroy(): void {
    this.fate = 'cut';
    this.#resume();
  }
}

async function put(store: Store, name: string, size = 10): Promise<void> {
  const header = { uid: name, labels: {}, fields: {} };
  const value = Buffer.from(JSON.stringify({ metadata: { name }, data: { x: 'x'.repeat(size) } }));
  const key = `default/${name}`;
  const expectedRevision = store.latest('configmaps', key)?.revision ?? 0;
  await store.write({ collection: 'configmaps', key, expectedRevision, build: () => ({ header, value }) });
}

async function watchSlowly(query = fromState) {
  const store = await openStore({ journal: memoryJournal(), logger: silentLogger });
  for (const name of ['a', 'b', 'c']) await put(store, name);
  const clock = new FakeClock();
  const resource = new Registry().find('', 'v1', 'configmaps');
  const call = {
    context: {
      store,
      clock,
      metrics: new Metrics(),
      encodedEvents: new EncodedEvents(1_000),
      limits: { ...defaultLimits, maxWatchBufferBytes: 1_000 },
    },
    request: { query, headers: {}, signal: new AbortController().signal },
    target: { resource, namespace: 'default', name: '' },
  } as unknown as VerbCall;
  const answer = watchVerb(call);
  const client = new SlowClient();
  const over = answer.kind === 'stream' ? answer.run(client) : Promise.reject(new Error(answer.kind));
  return { store, clock, client, over };
}

test('what is written while the state is on its way comes after it, in order', async () => {
  const { store, client, clock, over } = await watchSlowly();
  await put(store, 'd');
  await put(store, 'a');
  expect(client.lines).toEqual(['ADDED a']);
  await client.read('one');
  expect(client.lines).toEqual(['ADDED a', 'ADDED b']);
  await client.read('all');
  expect(client.lines.slice(2)).toEqual([
    'ADDED c',
    'BOOKMARK k8s.io/initial-events-end',
    'ADDED d',
    'MODIFIED a',
  ]);
  await put(store, 'e');
  expect(client.lines.at(-1)).toBe('ADDED e');
  await clock.advance(60_000);
  await over;
  expect(client.fate).toBe('ended');
});

test('so does what is written while it is told what it missed', async () => {
  const { store, client } = await watchSlowly(new URLSearchParams({ watch: 'true', resourceVersion: '1' }));
  await put(store, 'd');
  await client.read('one');
  expect(client.lines).toEqual(['ADDED b', 'ADDED c']);
  await client.read('all');
  expect(client.lines.slice(2)).toEqual(['ADDED d']);
});

test('a client that reads nothing is cut off by what piles up, and by its time', async () => {
  const piled = await watchSlowly();
  await put(piled.store, 'd', 2_000);
  await piled.over;
  expect({ fate: piled.client.fate, lines: piled.client.lines }).toEqual({ fate: 'cut', lines: ['ADDED a'] });
  const late = await watchSlowly();
  await late.clock.advance(60_000);
  await late.over;
  expect({ fate: late.client.fate, lines: late.client.lines }).toEqual({ fate: 'ended', lines: ['ADDED a'] });
});

const count = 24;
const configMaps = '/api/v1/namespaces/default/configmaps';
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  const big = 'x'.repeat(1_000_000);
  for (let at = 0; at < count; at++) {
    await server.make('POST', configMaps, { metadata: { name: `c${at}` }, data: { big } });
  }
});
afterAll(() => server[Symbol.asyncDispose]());

test.each(['http1', 'http2'] as const)(
  'more state than the buffer holds is told whole: %s',
  async (protocol) => {
    let bytes = 0;
    let end = '';
    await using answer = await server.open(`${configMaps}?${fromState}`, protocol);
    for await (const chunk of answer.body) {
      bytes += chunk.length;
      end = (end + Buffer.from(chunk).toString()).slice(-500);
      if (end.includes('initial-events-end')) break;
    }
    expect(end).toContain('initial-events-end');
    expect(bytes).toBeGreaterThan(count * 1_000_000);
  },
);
