import { expect, test } from 'bun:test';
import { isFault } from '@selvedge/base';
import type { TokenRequest, Volume } from '@selvedge/kubernetes';
import type { EdgePod } from '../pods/pod-spec.ts';
import { containerOf, podOf } from '../testing/pods.ts';
import { hasToken, type PayloadSources, refersTo, volumePayload } from './payloads.ts';

const asked: TokenRequest[] = [];
const sources: PayloadSources = {
  addresses: { podIps: ['10.1.0.5'], hostIp: '192.0.2.2' },
  allocatable: { cpuMilli: 2_000, memoryBytes: 1_000, ephemeralStorageBytes: 1 },
  configMap: async (_namespace, name) =>
    name === 'settings' ? { data: { a: 'one', b: 'two' }, binaryData: { c: 'AAE=' } } : undefined,
  secret: async (_namespace, name) => (name === 'keys' ? { data: { k: 'aHVudGVyMg==' } } : undefined),
  token: async (_namespace, _account, request) => {
    asked.push(request);
    return { ...request, status: { token: 'ey.token', expirationTimestamp: '2030-01-01T00:00:00Z' } };
  },
};

/** `path mode content` of each file, or what the failure says. */
async function files(volume: Partial<Volume>, pod: EdgePod = podOf()): Promise<string[] | string> {
  try {
    const made = await volumePayload(pod, { name: 'v', ...volume }, sources);
    return [...(made ?? [])].map(
      ([path, file]) => `${path} ${file.mode.toString(8)} ${file.data.toString('latin1')}`,
    );
  } catch (error) {
    return isFault(error, 'edged/volume-source') ? error.message : String(error);
  }
}

test('a config map’s keys become files, all of them or those chosen', async () => {
  expect(await files({ configMap: { name: 'settings' } })).toEqual([
    'a 644 one',
    'b 644 two',
    'c 644 \0\x01',
  ]);
  const items = [
    { key: 'b', path: 'x/y', mode: 0o400 },
    { key: 'a', path: 'z' },
  ];
  expect(await files({ configMap: { name: 'settings', items, defaultMode: 0o600 } })).toEqual([
    'x/y 400 two',
    'z 600 one',
  ]);
  expect(await files({ secret: { secretName: 'keys', defaultMode: 0o400 } })).toEqual(['k 400 hunter2']);
});

test('what is missing fails the volume, unless it may be missing', async () => {
  expect(await files({ configMap: { name: 'none' } })).toBe('configmap "none" not found');
  expect(await files({ secret: { secretName: 'none' } })).toBe('secret "none" not found');
  expect(await files({ configMap: { name: 'none', optional: true } })).toEqual([]);
  const items = [{ key: 'nothing', path: 'p' }];
  expect(await files({ configMap: { name: 'settings', items } })).toBe(
    'configmap references non-existent config key: nothing',
  );
  expect(await files({ secret: { secretName: 'keys', items } })).toBe(
    'references non-existent secret key: nothing',
  );
  expect(await files({ configMap: { name: 'settings', items, optional: true } })).toEqual([]);
});

test('the pod’s own fields and resources become files', async () => {
  const pod = podOf({ containers: [containerOf({ resources: { limits: { memory: '64Mi' } } })] });
  const items = [
    { path: 'name', fieldRef: { fieldPath: 'metadata.name' } },
    {
      path: 'memory',
      resourceFieldRef: { resource: 'limits.memory', containerName: 'c', divisor: '1Mi' },
      mode: 0o400,
    },
  ];
  expect(await files({ downwardAPI: { items } }, pod)).toEqual(['name 644 web', 'memory 400 64']);
});

test('a projected volume joins its sources, and tells all that is wrong with them', async () => {
  const good = [
    { configMap: { name: 'settings', items: [{ key: 'a', path: 'p' }] } },
    { secret: { name: 'keys' } },
    { downwardAPI: { items: [{ path: 'ns', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
  ];
  expect(await files({ projected: { sources: good, defaultMode: 0o440 } })).toEqual([
    'p 440 one',
    'k 440 hunter2',
    'ns 440 default',
  ]);
  const bad = [{ configMap: { name: 'x' } }, { secret: { name: 'y' } }];
  expect(await files({ projected: { sources: bad } })).toBe(
    '[configmap "x" not found, secret "y" not found]',
  );
});

test('a token is asked for the pod, and only its user may read it', async () => {
  asked.length = 0;
  const projected = {
    sources: [{ serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 600 } }],
  };
  expect(await files({ projected })).toEqual(['token 644 ey.token']);
  expect(asked[0]?.spec).toMatchObject({
    audiences: ['vault'],
    expirationSeconds: 600,
    boundObjectRef: { kind: 'Pod', name: 'web', uid: 'uid-1' },
  });
  expect(await files({ projected }, podOf({ securityContext: { runAsUser: 1000 } }))).toEqual([
    'token 600 ey.token',
  ]);
  expect(await files({ projected }, podOf({ securityContext: { fsGroup: 2000 } }))).toEqual([
    'token 600 ey.token',
  ]);
  const mixed = podOf({
    containers: [containerOf(), containerOf({ name: 'd', securityContext: { runAsUser: 5 } })],
  });
  expect(await files({ projected }, mixed)).toEqual(['token 644 ey.token']);
});

test('volumes know what they are made from', () => {
  const projected = { sources: [{ configMap: { name: 'm' } }, { secret: { name: 's' } }] };
  const volumes: [Partial<Volume>, string[]][] = [
    [{ configMap: { name: 'm' } }, ['configmap']],
    [{ secret: { secretName: 's' } }, ['secret']],
    [{ projected }, ['configmap', 'secret']],
    [{ emptyDir: {} }, []],
  ];
  for (const [volume, types] of volumes) {
    const full = { name: 'v', ...volume };
    expect(refersTo(full, 'configmap', 'm')).toBe(types.includes('configmap'));
    expect(refersTo(full, 'secret', 's')).toBe(types.includes('secret'));
    expect(refersTo(full, 'secret', 'other')).toBe(false);
    expect(hasToken(full)).toBe(false);
  }
});
