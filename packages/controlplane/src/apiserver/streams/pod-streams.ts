// `kubectl exec`, `attach` and `port-forward`: connections to a container, whichever protocol kubectl speaks.
// SPDY, and WebSocket as older clients speak it, pass through raw: the runtime speaks both. The newer WebSocket protocols
// (KEP-4006) are translated here.

import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Answer, ApiRequest, UpgradeConnection } from '../api-request.ts';
import { isTrue } from '../request-info.ts';
import { refuse } from '../status-error.ts';
import type { VerbCall } from '../verbs/target.ts';
import { pathOf } from './node-streams.ts';
import { chooseContainer, findPod, nodeOf } from './pod-target.ts';
import { tunnelPortForward, tunnelProtocol } from './port-forward-tunnel.ts';
import { translateRemoteCommand } from './remote-command.ts';
import { readUpgradeAnswer } from './upgrade-answer.ts';
import { acceptWebSocket, type WebSocketPeer } from './web-socket-peer.ts';

const remoteCommandProtocol = 'v5.channel.k8s.io';
const passedHeaders = /^(x-stream-protocol-version|sec-websocket-.*|origin)$/i;

/** The query of the API, and what a kubelet calls the same. */
const streamFlags = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' } as const;

export function podExec(call: VerbCall): Promise<Answer> {
  return remoteCommand(call, 'exec');
}

export function podAttach(call: VerbCall): Promise<Answer> {
  return remoteCommand(call, 'attach');
}

async function remoteCommand(call: VerbCall, verb: 'exec' | 'attach'): Promise<Answer> {
  const { request, target } = call;
  const upgrade = requireUpgrade(request);
  const pod = findPod(call);
  const container = chooseContainer(pod, request.query.get('container'));
  const node = nodeOf(pod);
  const query = new URLSearchParams();
  for (const [name, kubeletName] of Object.entries(streamFlags))
    if (isTrue(request.query.get(name))) query.set(kubeletName, '1');
  for (const word of request.query.getAll('command')) query.append('command', word);
  if (verb === 'exec' && !query.has('command'))
    throw refuse.badRequest('you must specify at least 1 command for the container');
  const path = `/${verb}/${target.namespace}/${target.name}/${container}?${query}`;
  const upstream = await call.context.nodeStreams.connect(node);
  if (!offers(request, remoteCommandProtocol)) return passThrough({ request, upgrade, upstream, node, path });
  const peer = await openPeer(
    { request, upgrade, upstream, node, path },
    remoteCommandProtocol,
    'v4.channel.k8s.io',
  );
  const [stdin, stdout, stderr, tty] = ['stdin', 'stdout', 'stderr', 'tty'].map((name) =>
    isTrue(request.query.get(name)),
  );
  await translateRemoteCommand({
    peer,
    upstream,
    stdin: stdin === true,
    stdout: stdout === true,
    stderr: stderr === true,
    tty: tty === true,
  });
  return { kind: 'taken' };
}

export async function podPortForward(call: VerbCall): Promise<Answer> {
  const { request, target } = call;
  const upgrade = requireUpgrade(request);
  const node = nodeOf(findPod(call));
  const query = new URLSearchParams();
  const ports = request.query.getAll('ports');
  if (ports.length > 0) query.set('port', ports.join(','));
  const path = `/portForward/${target.namespace}/${target.name}?${query}`;
  const upstream = await call.context.nodeStreams.connect(node);
  if (!offers(request, tunnelProtocol)) return passThrough({ request, upgrade, upstream, node, path });
  const peer = await openPeer(
    { request, upgrade, upstream, node, path },
    tunnelProtocol,
    'portforward.k8s.io',
  );
  await tunnelPortForward(peer, upstream);
  return { kind: 'taken' };
}

interface Streams {
  readonly request: ApiRequest;
  readonly upgrade: UpgradeConnection;
  readonly upstream: TLSSocket;
  readonly node: string;
  readonly path: string;
}

function requireUpgrade(request: ApiRequest): UpgradeConnection {
  if (request.upgrade) return request.upgrade;
  throw refuse.badRequest('Upgrade request required');
}

function offers(request: ApiRequest, protocol: string): boolean {
  if (String(request.headers.upgrade ?? '').toLowerCase() !== 'websocket') return false;
  const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(',');
  return offered.some((one) => one.trim() === protocol);
}

/** The node answers the client itself; here only bytes pass, until both ends are done. */
async function passThrough({ request, upgrade, upstream, node, path }: Streams): Promise<Answer> {
  const { socket, head } = upgrade;
  const lines = [
    `${request.method} ${pathOf({ node, path })} HTTP/1.1`,
    `host: ${node}`,
    'connection: Upgrade',
  ];
  lines.push(`upgrade: ${request.headers.upgrade ?? ''}`);
  for (const [name, value] of Object.entries(request.headers)) {
    if (passedHeaders.test(name)) lines.push(`${name}: ${[value].flat().join(', ')}`);
  }
  upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) upstream.write(head);
  await Promise.all([pipe(socket, upstream), pipe(upstream, socket)]);
  return { kind: 'taken' };
}

/** Resolves when the source has ended or broken off; the other end is told. */
function pipe(source: Duplex, sink: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      source.off('close', finish);
      if (!sink.writableEnded) sink.end();
      resolve();
    };
    source.once('close', finish);
    source.once('end', finish);
    source.on('error', () => source.destroy());
    source.pipe(sink, { end: false });
  });
}

/** Asks the node for SPDY first, and answers the client only when it is there. */
async function openPeer(streams: Streams, protocol: string, nodeProtocol: string): Promise<WebSocketPeer> {
  const { request, upgrade, upstream, node, path } = streams;
  const lines = [
    `POST ${pathOf({ node, path })} HTTP/1.1`,
    `host: ${node}`,
    'connection: Upgrade',
    'upgrade: SPDY/3.1',
    `x-stream-protocol-version: ${nodeProtocol}`,
    'content-length: 0',
  ];
  upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
  try {
    await readUpgradeAnswer(upstream);
  } catch (error) {
    upstream.destroy();
    throw error;
  }
  return acceptWebSocket(upgrade, request.headers, protocol);
}
