import { expect, test } from 'bun:test';
import { FakeClock } from '@selvedge/base';
import { type KubeObject, resources, type Stored } from '@selvedge/kubernetes';
import { ApiFault } from './api-fault.ts';
import { createInformer } from './informer.ts';
import type { KubeClient, ListOptions, WatchEvent, WatchOptions } from './kube-client.ts';

const object = (name: string, resourceVersion: string, node = 'n1'): Stored<KubeObject> => ({
  metadata: { namespace: 'default', name, uid: name, resourceVersion, managedFields: [{}] },
  spec: { nodeName: node },
});

type Step =
  | { list: Stored<KubeObject>[]; next?: string }
  | { listError: ApiFault }
  | { watch: WatchEvent[]; error?: Error };

/** A client that plays a script of lists and watches, then hangs until aborted. */
function scripted(steps: Step[]) {
  const calls: string[] = [];
  const client = {
    async list(_type: unknown, options: ListOptions) {
      const step = steps.shift();
      calls.push(`list ${options.continueToken ?? ''}`.trim());
      if (step && 'listError' in step) throw step.listError;
      if (!step || !('list' in step)) throw new Error('no list expected');
      return {
        metadata: { resourceVersion: '100', ...(step.next ? { continue: step.next } : {}) },
        items: step.list,
      };
    },
    async *watch(_type: unknown, options: WatchOptions) {
      calls.push(`watch ${options.resourceVersion}`);
      const step = steps.shift();
      if (step && 'watch' in step) {
        yield* step.watch;
        if (step.error) throw step.error;
        return;
      }
      await new Promise((resolve) => options.signal.addEventListener('abort', resolve, { once: true }));
    },
  };
  return { client: client as unknown as KubeClient, calls };
}

function follow(steps: Step[]) {
  const { client, calls } = scripted(steps);
  const clock = new FakeClock();
  const informer = createInformer({
    client,
    clock,
    type: resources.pods,
    random: () => 0.5,
    indexers: { node: (one) => [(one.spec as { nodeName: string }).nodeName] },
  });
  const events: string[] = [];
  informer.subscribe({
    added: (_one, key) => events.push(`+${key}`),
    modified: (one, old, key) =>
      events.push(`~${key} ${old.metadata.resourceVersion}>${one.metadata.resourceVersion}`),
    deleted: (_one, key) => events.push(`-${key}`),
  });
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  /** Moves time on, letting every promise that waits for nothing else run first and after. */
  const advance = async (byMs: number) => {
    for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(byMs);
    for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
  };
  const end = () => {
    stop.abort();
    return running;
  };
  return { informer, events, calls, clock, advance, end };
}

test('lists page by page, then applies the watch, and keeps the indexes', async () => {
  const run = follow([
    { list: [object('a', '1')], next: 'more' },
    { list: [object('b', '2', 'n2')] },
    {
      watch: [
        { kind: 'modified', object: object('a', '101', 'n2') },
        { kind: 'deleted', object: object('b', '102') },
        { kind: 'added', object: object('c', '103') },
        { kind: 'bookmark', resourceVersion: '110' },
      ],
    },
  ]);
  await run.informer.synced;
  await run.advance(10_000);
  expect(run.events).toEqual(['+default/a', '+default/b', '~default/a 1>101', '-default/b', '+default/c']);
  expect(run.calls).toEqual(['list', 'list more', 'watch 100', 'watch 110']);
  const names = (node: string) =>
    [...run.informer.lister.byIndex('node', node)].map((one) => one.metadata.name);
  expect(names('n1')).toEqual(['c']);
  expect(names('n2')).toEqual(['a']);
  expect(run.informer.lister.get('default/a')?.metadata.managedFields).toBeUndefined();
  const late: string[] = [];
  run.informer.subscribe({ added: (_one, key) => late.push(key) });
  expect(late.sort()).toEqual(['default/a', 'default/c']);
  await run.end();
});

test('an expired watch lists again and tells only the differences', async () => {
  const run = follow([
    { list: [object('a', '1'), object('b', '2'), object('c', '3')] },
    { watch: [], error: new ApiFault({ code: 410, reason: 'Expired' }) },
    { list: [object('a', '1'), object('b', '9')] },
  ]);
  await run.informer.synced;
  run.events.length = 0;
  await run.advance(10_000);
  expect(run.events).toEqual(['~default/b 2>9', '-default/c']);
  expect(run.calls).toEqual(['list', 'watch 100', 'list', 'watch 100']);
  await run.end();
});

test('a failing list is tried again with growing delays; a failing watch goes on where it was', async () => {
  const unavailable = new ApiFault({ code: 503 });
  const run = follow([
    { listError: unavailable },
    { listError: unavailable },
    { list: [] },
    { watch: [{ kind: 'added', object: object('a', '105') }], error: new Error('cut') },
  ]);
  await run.advance(199);
  expect(run.calls).toEqual(['list']);
  await run.advance(1);
  expect(run.calls).toEqual(['list', 'list']);
  await run.advance(399);
  expect(run.calls).toEqual(['list', 'list']);
  await run.advance(1_000);
  expect(run.calls).toEqual(['list', 'list', 'list', 'watch 100', 'watch 105']);
  expect(run.events).toEqual(['+default/a']);
  await run.end();
  expect(run.clock.pendingTimers).toBe(0);
});
