// Volumes while everything changes at once: files are written by one hand at a time, and never for a pod that has gone.

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, systemClock } from '@selvedge/base';
import type { ConfigMap, KubeObject, Stored } from '@selvedge/kubernetes';
import { bindMount, unmountBelow } from '../../host/mounts.ts';
import type { StoreChange } from '../../metamanager/node-store.ts';
import type { EdgePod } from '../pods/pod-spec.ts';
import { canMount } from '../testing/can-mount.ts';
import { VolumeManager } from './volume-manager.ts';

let rootDirectory = '';
let value = '';
let isKnown = true;
let asked = 0;
let listener: (change: StoreChange) => void = () => undefined;
let volumes: VolumeManager;
const logged: string[] = [];

const pod = {
  metadata: { name: 'web', namespace: 'default', uid: 'uid-1', resourceVersion: '1' },
  spec: { containers: [], volumes: [{ name: 'words', configMap: { name: 'words' } }] },
} as unknown as EdgePod;

function configMap(): Stored<ConfigMap & KubeObject> {
  asked += 1;
  const metadata = { name: 'words', namespace: 'default', uid: 'uid-2', resourceVersion: value };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value, same: 'x' } };
}

function change(): void {
  listener({ type: 'configmap', namespace: 'default', name: 'words', object: undefined });
}

const directory = () => join(volumes.podDirectory('uid-1'), 'volumes/kubernetes.io~configmap/words');

beforeEach(async () => {
  rootDirectory = await mkdtemp(join(tmpdir(), 'selvedge-volumes-'));
  [value, isKnown, asked] = ['0', true, 0];
  logged.length = 0;
  volumes = new VolumeManager({
    store: {
      pod: () => (isKnown ? pod : undefined),
      object: async <T extends KubeObject>() => configMap() as unknown as Stored<T>,
      serviceAccountToken: () => Promise.reject(new Error('there are no tokens here')),
      subscribe: (next) => {
        listener = next;
        return { [Symbol.dispose]: () => undefined };
      },
    },
    clock: systemClock,
    logger: createLogger({ level: 'info', format: 'text', write: (line) => logged.push(line), now: () => 0 }),
    rootDirectory,
    allocatable: () => ({ cpu: 1, memoryBytes: 1, storageBytes: 1 }) as never,
    addresses: () => ({ hostIP: '', podIP: '' }) as never,
  });
});

afterEach(async () => {
  volumes[Symbol.dispose]();
  if (canMount) await unmountBelow(rootDirectory); // a test that failed must not take the host's files with it
  await rm(rootDirectory, { recursive: true, force: true });
});

test('changes during the first mount and after it: the last value is in the file, and nothing failed', async () => {
  const mounting = [volumes.mount(pod), volumes.mount(pod)];
  for (let version = 1; version <= 20; version++) {
    value = String(version);
    change();
    if (version === 10) await Promise.all(mounting);
  }
  await untilFileReads('20');
  await volumes.unmount('uid-1'); // waits for what is being written
  expect(logged).toEqual([]);
  expect(await readdir(join(rootDirectory, 'pods'))).toEqual([]);
});

test('a link to files that are not there, as a killed agent may leave it, is put right', async () => {
  await volumes.mount(pod);
  await rm(join(directory(), '..data'));
  await symlink('..gone', join(directory(), '..data'));
  change();
  await untilFileReads('0');
});

test('a change that comes with the end of the pod fetches nothing', async () => {
  await volumes.mount(pod);
  const before = asked;
  change();
  isKnown = false;
  await volumes.unmount('uid-1');
  expect(asked).toBe(before);
});

test.skipIf(!canMount)('what can not be unmounted is not removed, and is when it can', async () => {
  const [host, programs] = [join(rootDirectory, 'host'), join(rootDirectory, 'programs')];
  const target = join(volumes.podDirectory('uid-1'), 'volume-subpaths/words/c/0');
  for (const made of [host, programs, target]) await mkdir(made, { recursive: true });
  await mkdir(join(volumes.podDirectory('uid-1'), 'volumes'));
  await writeFile(join(host, 'precious'), '');
  await bindMount(host, target);
  await writeFile(join(programs, 'umount'), '#!/bin/sh\necho not permitted >&2; exit 32\n');
  await chmod(join(programs, 'umount'), 0o755);
  const { PATH: before } = process.env;
  const stillMounted = { code: 'host/still-mounted' };
  try {
    process.env.PATH = `${programs}:${before}`;
    for (const unmount of ['unmount', 'unmountVolumes'] as const)
      expect(await volumes[unmount]('uid-1').catch((error) => error)).toMatchObject(stillMounted);
  } finally {
    process.env.PATH = before;
  }
  expect(await readdir(host)).toEqual(['precious']);
  await volumes.unmount('uid-1');
  expect(await readdir(host)).toEqual(['precious']);
  expect(await readdir(join(rootDirectory, 'pods'))).toEqual([]);
});

/** Until the file reads so; a test's own time limit ends the wait. */
async function untilFileReads(text: string): Promise<void> {
  const read = () => readFile(join(directory(), 'value'), 'utf8').catch(() => undefined);
  while ((await read()) !== text) await new Promise((resolve) => setImmediate(resolve));
}
