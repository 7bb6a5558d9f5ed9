import { afterEach, expect, test } from 'bun:test';
import { createServer, type Server } from 'node:https';
import {
  createAuthority,
  createKey,
  issueClientCertificate,
  issueServerCertificate,
  keyToPem,
  publicKeyOf,
} from '@selvedge/pki';
import { NodeStreams } from './node-streams.ts';

const nowMs = Date.now();
const authority = createAuthority({ subject: { commonName: 'test' }, nowMs });
const key = createKey();
const issued = {
  subject: { commonName: 'test' },
  publicKey: publicKeyOf(key),
  nowMs,
  lifetimeDays: 1,
};
const serverCertificate = issueServerCertificate(authority, { ...issued, hosts: ['127.0.0.1'] }).toString();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A cloudcore to which these nodes are connected; its address, and what it was asked. */
async function cloudcore(name: string, nodes: readonly string[]) {
  const asked: string[] = [];
  const server = createServer({ cert: serverCertificate, key: keyToPem(key) }, (request, response) => {
    asked.push(request.url ?? '');
    const [, , node = '', ...path] = (request.url ?? '').split('/');
    response.statusCode = nodes.includes(node) ? 200 : 503;
    response.setHeader('connection', 'close');
    if (!nodes.includes(node)) response.end(JSON.stringify({ message: `node ${node} is not connected` }));
    else response.end(path.length > 0 ? name : '');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0, asked };
}

function streamsBy(ports: readonly number[]): NodeStreams {
  const caBundle = Buffer.from(authority.certificate.toString()).toString('base64');
  const data = Object.fromEntries(
    ports.map((port) => [`replica-${port}`, JSON.stringify({ url: `https://127.0.0.1:${port}`, caBundle })]),
  );
  const value = Buffer.from(JSON.stringify({ data: { ...data, foreign: 'no server' } }));
  const header = { uid: '', labels: {}, fields: {} };
  const entry = { key: 'kubeedge/cloudcore-streams', revision: 1, header, value, size: value.length };
  return new NodeStreams({
    store: { latest: () => entry },
    certificate: issueClientCertificate(authority, issued).toString(),
    key: keyToPem(key),
  });
}

async function read(streams: NodeStreams, node: string): Promise<string> {
  const answer = await streams.get({ node, path: '/containerLogs/x' }, new AbortController().signal);
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return text;
}

const nobodyListens = 1;

test('of several cloudcores the one that holds the node is asked, also beside one that is gone', async () => {
  const first = await cloudcore('first', ['a']);
  const second = await cloudcore('second', ['b']);
  const streams = streamsBy([nobodyListens, first.port, second.port]);
  expect(await read(streams, 'a')).toBe('first');
  expect(await read(streams, 'b')).toBe('second');
  expect(first.asked.filter((url) => url.includes('containerLogs'))).toEqual(['/nodes/a/containerLogs/x']);
  const socket = await streams.connect('b');
  expect(socket.remotePort).toBe(second.port);
  socket.destroy();
});

test('a single cloudcore is not asked first', async () => {
  const only = await cloudcore('only', ['a']);
  expect(await read(streamsBy([only.port]), 'a')).toBe('only');
  expect(only.asked).toEqual(['/nodes/a/containerLogs/x']);
});

test('what they say of a node that is away is told, rather than that one can not be reached', async () => {
  const first = await cloudcore('first', []);
  const streams = streamsBy([nobodyListens, first.port]);
  await expect(read(streams, 'c')).rejects.toThrow('node c is not connected');
  await expect(read(streamsBy([nobodyListens, nobodyListens + 1]), 'c')).rejects.toThrow(
    'could not be asked',
  );
  await expect(read(streamsBy([]), 'c')).rejects.toThrow('no cloudcore has said');
});
