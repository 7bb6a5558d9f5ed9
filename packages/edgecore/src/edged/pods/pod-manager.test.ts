// Workers come and go with what the store wants and the runtime has, whatever the order in which both change.

import { beforeEach, expect, test } from 'bun:test';
import { createLogger, FakeClock } from '@selvedge/base';
import type { StoreChange } from '../../metamanager/node-store.ts';
import type { EdgedContext } from '../edged-context.ts';
import type { PodRuntimeState } from '../runtime/pod-runtime-cache.ts';
import { podOf, runtimeState } from '../testing/pods.ts';
import { PodManager } from './pod-manager.ts';
import type { EdgePod } from './pod-spec.ts';

let clock: FakeClock;
let logged: string[];
/** What was asked of the runtime, and reported to the store. */
let done: string[];
let onDisk: string[];
let inStore: EdgePod | undefined;
let running: PodRuntimeState | undefined;
let listener: (change: StoreChange) => void;
let stopSandbox: () => Promise<void>;
let unmount: (uid: string) => Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  [logged, done, onDisk] = [[], [], []];
  [inStore, running] = [undefined, undefined];
  stopSandbox = async () => undefined;
  unmount = async (uid) => void onDisk.splice(onDisk.indexOf(uid), 1);
});

function context(): EdgedContext {
  const write = (line: string) => logged.push(line);
  const nothing = () => undefined;
  return {
    clock,
    logger: createLogger({ level: 'info', format: 'text', write, now: () => 0 }),
    store: {
      synchronized: true,
      subscribe: (next: typeof listener) => {
        listener = next;
        return { [Symbol.dispose]: nothing };
      },
      pods: () => [],
      pod: () => inStore,
      podStatus: nothing,
      node: nothing,
      setPodStatus: ({ metadata }: EdgePod) => done.push(`status ${metadata.uid}`),
      podTerminated: () => done.push('terminated'),
    },
    cache: { pods: () => (running ? [running] : []), pod: () => running, relist: async () => undefined },
    runtime: {
      stopSandbox: (id: string) => {
        done.push(`stop ${id}`);
        return stopSandbox();
      },
      removeSandbox: async () => {
        running = undefined;
      },
    },
    probes: { update: nothing, removePod: nothing },
    settings: { allocatable: {}, maxPods: 10, podLogDirectory: '/nowhere' },
    events: { pod: nothing },
    volumes: {
      podsOnDisk: async () => [...onDisk],
      unmount: (uid: string) => unmount(uid),
      podChanged: nothing,
    },
  } as unknown as EdgedContext;
}

test('a directory that can not be removed keeps no other and is tried again', async () => {
  onDisk = ['stuck', 'free'];
  const remove = unmount;
  unmount = (uid) => (uid === 'stuck' ? Promise.reject(new Error('it is mounted')) : remove(uid));
  await using manager = new PodManager(context());
  await manager.start();
  expect(onDisk).toEqual(['stuck']);
  expect(logged.join()).toContain('pod-directory-kept uid=stuck error="it is mounted"');
  unmount = remove;
  await clock.advance(60_000);
  expect(onDisk).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});

test('a pod that comes back while it is taken away as an orphan is started anew', async () => {
  const stopping = Promise.withResolvers<void>();
  stopSandbox = () => stopping.promise;
  running = runtimeState([]);
  await using manager = new PodManager(context());
  await manager.start();
  await clock.advance(0);
  expect(done).toEqual(['stop sandbox-1']);
  inStore = podOf();
  listener({ type: 'pod', namespace: 'default', name: 'web', object: undefined });
  stopping.resolve();
  while (!done.includes('status uid-1')) await new Promise((resolve) => setImmediate(resolve));
  expect(done).not.toContain('terminated');
});
