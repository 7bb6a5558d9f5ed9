// Workers come and go with what the store wants and the runtime has, whatever the order in which both change.

import { beforeEach, expect, test } from 'bun:test';
import { createLogger, FakeClock } from '@selvedge/base';
import type { EdgedContext } from '../edged-context.ts';
import { PodManager } from './pod-manager.ts';

let clock: FakeClock;
let logged: string[];
let onDisk: string[];
let unmount: (uid: string) => Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  logged = [];
  onDisk = [];
  unmount = async (uid) => void onDisk.splice(onDisk.indexOf(uid), 1);
});

function context(): EdgedContext {
  const write = (line: string) => logged.push(line);
  return {
    clock,
    logger: createLogger({ level: 'info', format: 'text', write, now: () => 0 }),
    store: {
      synchronized: true,
      subscribe: () => ({ [Symbol.dispose]: () => undefined }),
      pods: () => [],
    },
    cache: { pods: () => [] },
    volumes: { podsOnDisk: async () => [...onDisk], unmount: (uid: string) => unmount(uid) },
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
