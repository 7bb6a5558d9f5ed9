// An informer on a real connection that breaks where it hurts: in the middle of an event, and for so long that its place is lost.

import { expect, test } from 'bun:test';
import type { ServerResponse } from 'node:http';
import { FakeClock } from '@selvedge/base';
import { resources } from '@selvedge/kubernetes';
import { createInformer } from './informer.ts';
import { createKubeClient } from './rest-client.ts';
import { answerJson, startTestServer, testCertificate } from './test-server.ts';

const pod = (name: string, resourceVersion: string) => ({
  metadata: { namespace: 'default', name, uid: name, resourceVersion },
});
const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const gone = { kind: 'Status', status: 'Failure', code: 410, reason: 'Expired', message: 'too old' };

/** Answers lists and watches from a script; remembers what was asked. */
async function scriptedServer(lists: object[][], watches: Array<(response: ServerResponse) => void>) {
  const asked: string[] = [];
  const server = await startTestServer((request, response) => {
    const query = new URL(request.url ?? '', 'https://host').searchParams;
    if (query.get('watch') === null) {
      asked.push('list');
      const metadata = { resourceVersion: '100' };
      return answerJson(response, 200, {
        kind: 'PodList',
        apiVersion: 'v1',
        metadata,
        items: lists.shift() ?? [],
      });
    }
    asked.push(`watch ${query.get('resourceVersion')}`);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    watches.shift()?.(response);
  });
  return { server, asked };
}

test('goes on behind the last whole event after a cut, and lists again when its place is lost', async () => {
  const second = line('ADDED', pod('c', '102'));
  const { server, asked } = await scriptedServer(
    [
      [pod('a', '1'), pod('b', '2')],
      [pod('b', '2'), pod('c', '102'), pod('d', '200')],
    ],
    [
      (response) => {
        response.write(line('MODIFIED', pod('a', '101')));
        response.write(second.slice(0, 20), () => response.socket?.destroy());
      },
      (response) => {
        response.write(second);
        response.write(line('BOOKMARK', pod('', '150')));
        response.end();
      },
      (response) => response.end(line('ERROR', gone)),
    ],
  );
  const client = createKubeClient({ server: server.url, ca: testCertificate });
  const informer = createInformer({ client, type: resources.pods, random: () => 0 });
  const events: string[] = [];
  const stop = new AbortController();
  const told = new Promise<void>((resolve) => {
    informer.subscribe({
      added: (_one, key) => {
        events.push(`+${key}`);
        if (key === 'default/d') resolve();
      },
      modified: (one, _old, key) => events.push(`~${key} ${one.metadata.resourceVersion}`),
      deleted: (_one, key) => events.push(`-${key}`),
    });
  });
  const running = informer.run(stop.signal);
  await told;
  stop.abort();
  await running;
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  expect(asked.slice(0, 5)).toEqual(['list', 'watch 100', 'watch 101', 'watch 150', 'list']);
  expect(events).toEqual([
    '+default/a',
    '+default/b',
    '~default/a 101',
    '+default/c',
    '+default/d',
    '-default/a',
  ]);
});

test('a watch on which nothing comes any more is ended, however long its connection seems to stand', async () => {
  const { server } = await scriptedServer([], [(response) => response.write(line('ADDED', pod('a', '101')))]);
  const clock = new FakeClock();
  const client = createKubeClient({ server: server.url, ca: testCertificate, clock });
  const names: string[] = [];
  let heard: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const read = async () => {
    const options = { resourceVersion: '1', signal: new AbortController().signal };
    for await (const event of client.watch(resources.pods, options)) {
      if (event.kind !== 'bookmark') names.push(event.object.metadata.name);
      heard();
    }
  };
  const ended = read();
  await first;
  await clock.advance(149_999);
  expect(clock.pendingTimers).toBe(1);
  await clock.advance(1);
  await ended;
  expect(names).toEqual(['a']);
  expect(clock.pendingTimers).toBe(0);
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
