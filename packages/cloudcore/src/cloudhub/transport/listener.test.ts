import { afterEach, describe, expect, test } from 'bun:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import {
  type Authority,
  certificateToPem,
  createClientIdentity,
  createKubeEdgeAuthority,
  createServerIdentity,
  type Identity,
  keyToPem,
  nodeOfSubject,
  nodeSubject,
  subjectOf,
} from '@selvedge/pki';
import { listenOnBun } from './bun-listener.ts';
import type { Listen, TransportListener, TransportSocket } from './listener.ts';
import { listenOnNode } from './node-listener.ts';

const nowMs = Date.now();
const authority = createKubeEdgeAuthority(nowMs);
const stranger = createKubeEdgeAuthority(nowMs);
const server = createServerIdentity(authority, {
  subject: { commonName: 'KubeEdge' },
  nowMs,
  lifetimeDays: 1,
  hosts: ['127.0.0.1'],
});
const node = clientOf(authority);

function clientOf(issuer: Authority, atMs = nowMs): Identity {
  return createClientIdentity(issuer, { subject: nodeSubject('edge-1'), nowMs: atMs, lifetimeDays: 1 });
}

interface Connection {
  readonly socket: TransportSocket;
  received: number;
}

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A server that remembers what happens, with a promise for the next event. */
async function serve(listen: Listen, handshakeTimeoutMs = 5_000) {
  const events: string[] = [];
  const connections: Connection[] = [];
  let wake: (() => void) | undefined;
  const note = (event: string) => {
    events.push(event);
    wake?.();
  };
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const listener: TransportListener = await listen<Connection>(
    {
      hostname: '127.0.0.1',
      port: 0,
      certificate: certificateToPem(server.certificate),
      key: keyToPem(server.key),
      clientAuthority: certificateToPem(authority.certificate),
      handshakeTimeoutMs,
      reusePort: true,
    },
    {
      onOpen(socket) {
        const connection = { socket, received: 0 };
        connections.push(connection);
        note(`open ${nodeOfSubject(subjectOf(socket.peerCertificate() ?? new Uint8Array()))}`);
        return connection;
      },
      onData(connection, data) {
        connection.received += data.length;
        note('data');
      },
      onDrain: () => note('drain'),
      onClose: () => note('close'),
      onRefused: () => note('refused'),
      onError: (error) => note(`error ${error.message}`),
    },
  );
  stops.push(() => {
    for (const { socket } of connections) socket.destroy();
    listener.stop();
  });
  const client = (identity: Identity | undefined, more: ConnectionOptions = {}): TLSSocket => {
    const socket = connect({
      port: listener.port,
      host: '127.0.0.1',
      ca: certificateToPem(authority.certificate),
      ...(identity ? { cert: certificateToPem(identity.certificate), key: keyToPem(identity.key) } : {}),
      ...more,
    });
    socket.on('error', () => undefined);
    stops.push(() => socket.destroy());
    return socket;
  };
  return { events, connections, until, client };
}

describe.each([
  ['Bun', listenOnBun],
  ['node:tls', listenOnNode],
] as const)('the listener on %s', (_name, listen) => {
  test('shows who the client is and carries bytes both ways', async () => {
    const { events, connections, until, client } = await serve(listen);
    const socket = client(node);
    await until(() => events.includes('open edge-1'));
    const answer = new Promise<string>((resolve) => {
      socket.once('data', (data) => resolve(String(data)));
    });
    socket.write('question');
    await until(() => connections[0]?.received === 8);
    connections[0]?.socket.write(Buffer.from('answer'));
    expect(await answer).toBe('answer');
    const ended = new Promise((resolve) => {
      socket.once('end', resolve);
    });
    connections[0]?.socket.end();
    await ended;
    socket.end();
    await until(() => events.includes('close'));
  });

  test.each([
    ['no certificate', undefined],
    ['a certificate of another CA', clientOf(stranger)],
    ['an expired certificate', clientOf(authority, nowMs - 10 * 86_400_000)],
    ['a server certificate', server],
  ])('turns away %s', async (_what, identity) => {
    const { events, until, client } = await serve(listen);
    const socket = client(identity);
    socket.write('hello');
    await until(() => events.includes('refused'));
    expect(events).not.toContain('data');
    expect(events.some((event) => event.startsWith('open'))).toBe(false);
  });

  test('refuses TLS 1.1', async () => {
    const { events, until, client } = await serve(listen);
    client(node, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' });
    await until(() => events.includes('refused'));
  });

  test('keeps what a slow reader does not take, and says when it is out', async () => {
    const { events, connections, until, client } = await serve(listen);
    const socket = client(node);
    socket.pause();
    await until(() => events.includes('open edge-1'));
    const connection = connections[0];
    const piece = Buffer.alloc(1 << 20, 7);
    for (let sent = 0; sent < 24; sent++) connection?.socket.write(piece);
    expect(connection?.socket.bufferedBytes).toBeGreaterThan(1 << 20);
    let received = 0;
    socket.on('data', (data) => {
      received += data.length;
    });
    socket.resume();
    await until(() => events.includes('drain'));
    expect(connection?.socket.bufferedBytes).toBe(0);
    connection?.socket.end();
    await new Promise((resolve) => {
      socket.once('end', resolve);
    });
    expect(received).toBe(24 << 20);
  });

  test('a paused connection is not read', async () => {
    const { events, connections, until, client } = await serve(listen);
    const socket = client(node);
    await until(() => events.includes('open edge-1'));
    connections[0]?.socket.pause();
    socket.write('one');
    const second = client(node);
    await until(() => connections.length === 2);
    second.write('two');
    await until(() => connections[1]?.received === 3);
    expect(connections[0]?.received).toBe(0);
    connections[0]?.socket.resume();
    await until(() => connections[0]?.received === 3);
  });
});
