import { expect, test } from 'bun:test';
import { FakeClock, silentLogger } from '@selvedge/base';
import { type ConfigMap, type KubeObject, resources } from '@selvedge/kubernetes';
import { MemoryApi } from '../edgecontroller/testing/memory-api.ts';
import { publishStreamServer } from './publication.ts';

function start(api: MemoryApi, clock: FakeClock, replica: string) {
  const stop = new AbortController();
  const options = {
    client: api,
    replica,
    url: `https://${replica}:10003`,
    ca: 'CA',
    clock,
    logger: silentLogger,
  };
  const running = publishStreamServer(options, stop.signal);
  return async () => {
    stop.abort();
    await running;
  };
}

const dataOf = (api: MemoryApi) =>
  (api.read(resources.configmaps, 'kubeedge/cloudcore-streams') as (ConfigMap & KubeObject) | undefined)
    ?.data ?? {};

test('a replica has a key that is renewed while it runs, and takes it away', async () => {
  const api = new MemoryApi();
  const clock = new FakeClock();
  const stop = start(api, clock, 'a');
  await clock.advance(0);
  const first = dataOf(api).a ?? '';
  expect(JSON.parse(first)).toMatchObject({ url: 'https://a:10003', caBundle: 'Q0E=' });
  await clock.advance(30_000);
  expect(dataOf(api).a).not.toBe(first);
  await stop();
  expect(dataOf(api)).toEqual({});
});

test('the key of a replica that was killed goes, that of one that runs and those of others stay', async () => {
  const api = new MemoryApi();
  const clock = new FakeClock();
  const killed = JSON.stringify({ url: 'https://k:1', caBundle: '', renewTime: '2100-01-01T00:00:00Z' });
  api.put(resources.configmaps, {
    metadata: { name: 'cloudcore-streams', namespace: 'kubeedge' },
    data: { killed, foreign: 'not ours', fixed: '{"url":"https://f:1"}' },
  });
  const stops = ['a', 'b'].map((replica) => start(api, clock, replica));
  await clock.advance(120_000);
  expect(Object.keys(dataOf(api)).sort()).toEqual(['a', 'b', 'fixed', 'foreign', 'killed']);
  await clock.advance(60_000);
  expect(Object.keys(dataOf(api)).sort()).toEqual(['a', 'b', 'fixed', 'foreign']);
  for (const stop of stops) await stop();
});
