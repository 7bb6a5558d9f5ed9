import { expect, test } from 'bun:test';
import { isFault } from '@selvedge/base';
import type { Container } from '@selvedge/kubernetes';
import { containerOf, podOf } from '../testing/pods.ts';
import { containerEnvironment, type EnvironmentInput } from './environment.ts';

const secretData = { password: Buffer.from('hunter2').toString('base64') };

async function environment(
  container: Partial<Container>,
  options: Partial<EnvironmentInput> = {},
): Promise<Record<string, string>> {
  const made = await containerEnvironment({
    pod: podOf(),
    container: containerOf(container),
    addresses: { podIps: ['10.1.0.5'], hostIp: '192.0.2.2' },
    allocatable: { cpuMilli: 2_000, memoryBytes: 1_000, ephemeralStorageBytes: 1 },
    services: new Map([['WEB_SERVICE_HOST', '10.96.0.7']]),
    configMap: async (name) =>
      name === 'settings' ? { data: { greeting: 'hello', 'not ok': 'x' } } : undefined,
    secret: async (name) => (name === 'keys' ? { data: secretData } : undefined),
    ...options,
  });
  return Object.fromEntries(made);
}

async function problem(container: Partial<Container>): Promise<string> {
  return environment(container).then(
    () => 'none',
    (error: Error) => (isFault(error, 'edged/config-error') ? error.message : String(error)),
  );
}

test('own variables win over sources, sources over services', async () => {
  const services = new Map([
    ['greeting', 'service'],
    ['ONLY', 'service'],
  ]);
  const container = {
    envFrom: [{ configMapRef: { name: 'settings' } }],
    env: [{ name: 'OWN', value: 'x' }],
  };
  expect(await environment(container, { services })).toEqual({
    greeting: 'hello',
    OWN: 'x',
    ONLY: 'service',
  });
  const own = { ...container, env: [{ name: 'greeting', value: 'mine' }] };
  expect(await environment(own, { services })).toMatchObject({ greeting: 'mine' });
});

test('a value may name what stands before it, a service, or a source', async () => {
  const made = await environment({
    envFrom: [{ prefix: 'S_', configMapRef: { name: 'settings' } }],
    env: [
      { name: 'A', value: '$(B) $(S_greeting) $(WEB_SERVICE_HOST)' },
      { name: 'B', value: 'later' },
      { name: 'C', value: '$(B) $$(B)' },
    ],
  });
  expect(made).toMatchObject({ A: '$(B) hello 10.96.0.7', C: 'later $(B)' });
});

test('values come from fields, resources, config maps and secrets', async () => {
  const made = await environment({
    env: [
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'G', valueFrom: { configMapKeyRef: { name: 'settings', key: 'greeting' } } },
      { name: 'P', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
      { name: 'O', valueFrom: { secretKeyRef: { name: 'none', key: 'x', optional: true } } },
      { name: 'Q', valueFrom: { configMapKeyRef: { name: 'settings', key: 'none', optional: true } } },
    ],
  });
  expect(made).toEqual({ IP: '10.1.0.5', CPU: '2', G: 'hello', P: 'hunter2', WEB_SERVICE_HOST: '10.96.0.7' });
});

test('keys that can be no names are left out and told', async () => {
  const told: string[] = [];
  const onInvalidKeys = (source: string, keys: readonly string[]) => told.push(`${source}: ${keys.join()}`);
  const made = await environment({ envFrom: [{ configMapRef: { name: 'settings' } }] }, { onInvalidKeys });
  expect(made).not.toHaveProperty('not ok');
  expect(told).toEqual(['configMap default/settings: not ok']);
});

test('what is missing is said as a kubelet says it', async () => {
  const from = (valueFrom: object) => problem({ env: [{ name: 'X', valueFrom }] });
  expect(await from({ configMapKeyRef: { name: 'none', key: 'k' } })).toBe('configmap "none" not found');
  expect(await from({ configMapKeyRef: { name: 'settings', key: 'k' } })).toBe(
    "couldn't find key k in ConfigMap default/settings",
  );
  expect(await from({ secretKeyRef: { name: 'none', key: 'k' } })).toBe('secret "none" not found');
  expect(await from({ secretKeyRef: { name: 'keys', key: 'k' } })).toBe(
    "couldn't find key k in Secret default/keys",
  );
  expect(await from({ fieldRef: { fieldPath: 'spec.nothing' } })).toBe(
    'fieldPath "spec.nothing" not supported',
  );
  expect(await from({})).toBe('environment variable X has no source');
  expect(await problem({ envFrom: [{ configMapRef: { name: 'none' } }] })).toBe('configmap "none" not found');
  expect(await problem({ envFrom: [{ secretRef: { name: 'none' } }] })).toBe('secret "none" not found');
  expect(await problem({ envFrom: [{ secretRef: { name: 'none', optional: true } }] })).toBe('none');
});
