// Streams against an endpoint that is still starting: what comes early waits for it, in order, and no longer than its stream.

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@selvedge/base';
import { initialStreamWindowBytes, type StreamAction, StreamMultiplexer } from '@selvedge/wire';
import { EdgeStream } from './edgestream.ts';

/** The other end of the link: what the cloud's stream server would be. */
class Cloud {
  readonly multiplexer = new StreamMultiplexer({ role: 'opener', maxQueuedBytes: 1 << 22 });
  readonly seen: string[] = [];
  readonly failures: string[] = [];
  readonly #edge: EdgeStream;
  readonly #waiting = new Map<string, () => void>();

  constructor(edge: EdgeStream) {
    this.#edge = edge;
    edge.linkUp({
      sendBinary: (frame) => {
        this.multiplexer.receive(frame);
        this.settle();
      },
      fail: (reason) => void this.failures.push(reason),
    });
  }

  open(): number {
    const streamId = this.multiplexer.open() ?? 0;
    this.settle();
    return streamId;
  }

  write(streamId: number, text: string | Buffer): void {
    this.multiplexer.write(streamId, Buffer.from(text));
    this.settle();
  }

  settle(): void {
    for (const action of this.multiplexer.take()) this.#perform(action);
  }

  /** Resolves when this has been seen. */
  until(what: string): Promise<void> {
    if (this.seen.includes(what)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(what, resolve));
  }

  #perform(action: StreamAction): void {
    if (action.kind === 'send') {
      this.#edge.receive(action.frame);
      return;
    }
    const what =
      action.kind === 'data'
        ? `data ${action.data}`
        : action.kind === 'closed'
          ? `closed ${action.reason ?? 'done'}`
          : action.kind;
    this.seen.push(what);
    this.#waiting.get(what)?.();
  }
}

let directory = '';
let path = '';
let server: Server;
let connections: Socket[];
/** Everything that the endpoint has read, answered with its length when the cloud has ended. */
let read: string;
let starting: PromiseWithResolvers<string>;
let edge: EdgeStream;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'edgestream-'));
  path = join(directory, 'kubelet.sock');
  connections = [];
  read = '';
  server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      read += data.toString();
    });
    socket.on('end', () => socket.end(`${read.length}`));
  });
  server.listen(path);
  await once(server, 'listening');
  starting = Promise.withResolvers();
  edge = new EdgeStream({ openEndpoint: () => starting.promise, maxStreams: 4, logger: silentLogger });
});

afterEach(async () => {
  edge[Symbol.dispose]();
  for (const socket of connections) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

test('what comes while the endpoint starts reaches it in order, the end last', async () => {
  const cloud = new Cloud(edge);
  const streamId = cloud.open();
  const parts = Array.from({ length: 100 }, (_, index) => `${index},`);
  for (const part of parts) cloud.write(streamId, part);
  cloud.multiplexer.end(streamId);
  cloud.settle();
  expect(edge.streams).toBe(0);
  starting.resolve(path);
  await cloud.until('closed done');
  expect(read).toBe(parts.join(''));
  expect(cloud.seen).toEqual([`data ${read.length}`, 'ended', 'closed done']);
});

test('no more than a window is kept for an endpoint that starts, and all of it comes', async () => {
  const cloud = new Cloud(edge);
  const streamId = cloud.open();
  const sent = 'x'.repeat(3 * initialStreamWindowBytes);
  cloud.write(streamId, sent);
  expect(cloud.multiplexer.write(streamId, Buffer.from('y'))).toBe(false);
  cloud.multiplexer.end(streamId);
  cloud.settle();
  starting.resolve(path);
  await cloud.until('closed done');
  expect(read).toBe(`${sent}y`);
  expect(cloud.failures).toEqual([]);
});

test('a stream that is over, or whose link is gone, before the endpoint has started reaches nothing', async () => {
  const cloud = new Cloud(edge);
  const streamId = cloud.open();
  cloud.write(streamId, 'for nobody');
  cloud.multiplexer.reset(streamId, 'given up');
  cloud.settle();
  cloud.write(cloud.open(), 'for nobody either');
  edge.linkDown();
  const second = new Cloud(edge);
  const next = second.open();
  second.write(next, 'heard');
  second.multiplexer.end(next);
  second.settle();
  starting.resolve(path);
  await second.until('closed done');
  expect([read, connections.length]).toEqual(['heard', 1]);
});

test('an endpoint that does not start is told to who asked', async () => {
  const cloud = new Cloud(edge);
  const streamId = cloud.open();
  cloud.write(streamId, 'in vain');
  starting.reject(new Error('no room'));
  await cloud.until('closed the node is not ready for streams');
  expect(edge.streams).toBe(0);
});
