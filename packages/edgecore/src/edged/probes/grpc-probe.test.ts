import { afterEach, beforeEach, expect, test } from 'bun:test';
import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@selvedge/base';
import { grpcProbe } from './grpc-probe.ts';
import type { ProbeOnceInput } from './probe-input.ts';

let server: Http2Server;
let answer: (stream: ServerHttp2Stream) => void;
/** Sends what the socket takes, for as long as the other end reads. */
let sent = 0;

beforeEach(async () => {
  sent = 0;
  server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    answer(stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

function probe(service = '') {
  const input = { clock: systemClock, probe: {}, podIp: '127.0.0.1', signal: new AbortController().signal };
  const { port } = server.address() as AddressInfo;
  return grpcProbe(input as unknown as ProbeOnceInput, { port, service });
}

const health = (status: number) => Buffer.from([0, 0, 0, 0, 2, 0x08, status]);

test('serving is healthy, anything else is not', async () => {
  answer = (stream) => stream.end(health(1));
  expect(await probe()).toEqual({ ok: true, output: '' });
  answer = (stream) => stream.end(health(2));
  expect(await probe('app')).toMatchObject({ ok: false });
  answer = (stream) => stream.end();
  expect(await probe()).toMatchObject({ ok: false });
});

test('an answer without end is given up as soon as it is too long', async () => {
  answer = (stream) => {
    const more = () => {
      while (stream.writable && sent < 1 << 28) {
        sent += 1 << 16;
        if (!stream.write(Buffer.alloc(1 << 16))) break;
      }
    };
    stream.on('drain', more);
    stream.write(health(1));
    more();
  };
  expect(await probe()).toEqual({ ok: false, output: 'the answer is longer than 4096 bytes' });
  expect(sent).toBeLessThan(1 << 24);
});
