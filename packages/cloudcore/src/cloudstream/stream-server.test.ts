import { afterEach, beforeEach, expect, test } from 'bun:test';
import { connect, type TLSSocket } from 'node:tls';
import { Fault, silentLogger, systemClock } from '@selvedge/base';
import {
  createAuthority,
  createKey,
  issueClientCertificate,
  issueServerCertificate,
  keyToPem,
  publicKeyOf,
} from '@selvedge/pki';
import type { NodeStream } from '../cloudhub/hub.ts';
import { FakeHub } from '../edgecontroller/testing/fake-hub.ts';
import { MetricRegistry } from '../metrics.ts';
import { type StreamServer, startStreamServer } from './stream-server.ts';

const nowMs = Date.now();
const hubAuthority = createAuthority({ subject: { commonName: 'hub' }, nowMs });
const clusterAuthority = createAuthority({ subject: { commonName: 'cluster' }, nowMs });

/** A node's end of a stream, in memory: what it is sent, and what it says. */
class FakeStream implements NodeStream {
  received = '';
  ended = false;
  broken: string | undefined;
  consumedBytes = 0;
  onData: (data: Uint8Array) => void = () => undefined;
  onDrain: () => void = () => undefined;
  onEnd: () => void = () => undefined;
  onClose: (reason: string | undefined) => void = () => undefined;
  readonly #heard: () => void;

  constructor(heard: () => void) {
    this.#heard = heard;
  }

  write(data: Uint8Array): boolean {
    this.received += Buffer.from(data).toString();
    this.#heard();
    return true;
  }

  end(): void {
    this.ended = true;
    this.#heard();
  }

  reset(reason: string): void {
    this.broken = reason;
    this.onClose(reason);
    this.#heard();
  }

  consumed(bytes: number): void {
    this.consumedBytes += bytes;
  }
}

const hub = new FakeHub();
let server: StreamServer;
let stream: FakeStream;
let heard: () => void = () => undefined;

beforeEach(async () => {
  const key = createKey();
  const certificate = issueServerCertificate(hubAuthority, {
    subject: { commonName: 'cloudcore' },
    publicKey: publicKeyOf(key),
    nowMs,
    lifetimeDays: 1,
    hosts: ['127.0.0.1'],
  });
  stream = new FakeStream(() => heard());
  hub.connect('edge-1').openStream = () => stream;
  hub.connect('old').openStream = () => {
    throw new Fault('cloudhub/no-streams', 'no');
  };
  server = await startStreamServer({
    host: '127.0.0.1',
    port: 0,
    certificate: certificate.toString(),
    key: keyToPem(key),
    clientCa: clusterAuthority.certificate.toString(),
    hub,
    disconnectedSinceMs: (node) => (node === 'away' ? Date.UTC(2026, 0, 1) : undefined),
    clock: systemClock,
    logger: silentLogger,
    metrics: new MetricRegistry(),
  });
});

afterEach(() => server[Symbol.asyncDispose]());

function call(commonName = 'kube-apiserver-kubelet-client', authority = clusterAuthority): TLSSocket {
  const key = createKey();
  const options = { subject: { commonName }, publicKey: publicKeyOf(key), nowMs, lifetimeDays: 1 };
  return connect({
    host: '127.0.0.1',
    port: server.port,
    ca: hubAuthority.certificate.toString(),
    cert: issueClientCertificate(authority, options).toString(),
    key: keyToPem(key),
  });
}

/** All that the server says until it closes. */
function everything(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (data) => {
      text += data.toString();
    });
    socket.on('error', (error) => resolve(`error ${error.message}`));
    socket.on('close', () => resolve(text));
  });
}

function until(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    heard = () => {
      if (condition()) resolve();
    };
    heard();
  });
}

test('a request reaches the node and its answer the caller, raw both ways', async () => {
  const socket = call();
  const answer = everything(socket);
  socket.write('GET /nodes/edge-1/containerLogs/default/a/main HTTP/1.1\r\nHost: x\r\n\r\nmore');
  await until(() => stream.received.endsWith('more'));
  expect(stream.received).toBe(
    'GET /containerLogs/default/a/main HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nmore',
  );
  stream.onData(Buffer.from('HTTP/1.1 200 OK\r\n\r\nline'));
  stream.onEnd();
  expect(await answer).toBe('HTTP/1.1 200 OK\r\n\r\nline');
  expect(stream.consumedBytes).toBe(23);
});

test('a caller that goes away breaks the stream off', async () => {
  const socket = call();
  socket.on('error', () => undefined);
  socket.write('GET /nodes/edge-1/x HTTP/1.1\r\n\r\n');
  await until(() => stream.received !== '');
  socket.destroy();
  await until(() => stream.broken !== undefined || stream.ended);
});

test('what can not be done is said as a Status', async () => {
  const ask = async (node: string) => {
    const socket = call();
    const answer = everything(socket);
    socket.write(`GET /nodes/${node}/x HTTP/1.1\r\n\r\n`);
    const [head = '', body = '{}'] = (await answer).split('\r\n\r\n');
    return `${head.split('\r\n')[0]} ${(JSON.parse(body) as { message: string }).message}`;
  };
  expect(await ask('away')).toBe(
    'HTTP/1.1 503 Service Unavailable node away is not connected since 2026-01-01T00:00:00.000Z',
  );
  expect(await ask('unknown')).toBe('HTTP/1.1 503 Service Unavailable node unknown is not connected');
  expect(await ask('old')).toBe(
    'HTTP/1.1 503 Service Unavailable no stream to node old: its edgecore offers no streams',
  );
  const refused = ask('edge-1');
  await until(() => stream.received !== '');
  stream.onClose('connection refused');
  expect(await refused).toBe('HTTP/1.1 502 Bad Gateway node edge-1 did not answer: connection refused');
});

test('a node that ends the stream without a byte does not let its caller wait', async () => {
  const socket = call();
  const answer = everything(socket);
  socket.write('GET /nodes/edge-1/x HTTP/1.1\r\n\r\n');
  await until(() => stream.received !== '');
  stream.onEnd();
  const text = await answer;
  expect(text).toStartWith('HTTP/1.1 502 Bad Gateway');
  expect(text).toContain('node edge-1 did not answer: it ended the stream without an answer');
  expect(stream.broken).toBe('it ended the stream without an answer');
});

test('whether a node is connected here can be asked', async () => {
  const ask = (node: string) => {
    const socket = call();
    socket.write(`GET /nodes/${node} HTTP/1.1\r\n\r\n`);
    return everything(socket);
  };
  expect(await ask('edge-1')).toStartWith('HTTP/1.1 200 OK');
  expect(await ask('away')).toContain('node away is not connected since 2026-01-01T00:00:00.000Z');
  expect(stream.received).toBe('');
});

test('nobody but the API server may call', async () => {
  const other = call('admin');
  const answer = everything(other);
  other.write('GET /nodes/edge-1/x HTTP/1.1\r\n\r\n');
  expect(await answer).toStartWith('HTTP/1.1 403 Forbidden');
  const stranger = call('kube-apiserver-kubelet-client', hubAuthority);
  stranger.write('GET /nodes/edge-1/x HTTP/1.1\r\n\r\n');
  expect(await everything(stranger)).not.toContain('HTTP/1.1 200');
  expect(stream.received).toBe('');
});
