// Translates kubectl's exec and attach over WebSocket into SPDY, which every container runtime's streaming server speaks.
// Source: Kubernetes KEP-4006; channel numbers as in k8s.io/apimachinery remotecommand (v4 and v5.channel.k8s.io).

import type { Duplex } from 'node:stream';
import { dataFrame, pingFrame, type SpdyFrame, SpdyReader, SpdyWriter } from './spdy.ts';

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
type StreamName = 'stdin' | 'stdout' | 'stderr' | 'error' | 'resize';

/** A Status on the error channel is a few hundred bytes; what exceeds this is cut. */
const maxErrorLength = 64 * 1024;

/** One end of a WebSocket with binary messages. */
export interface MessagePeer {
  /** Ends when the peer has closed or vanished. */
  readonly messages: AsyncIterable<Uint8Array>;
  /** Resolves when more may be sent. */
  send(message: Uint8Array): Promise<void>;
  close(code: number, reason: string): void;
}

export interface RemoteCommandOptions {
  readonly peer: MessagePeer;
  /** The connection to the streaming server, upgraded to SPDY/3.1 with protocol v4.channel.k8s.io. */
  readonly upstream: Duplex;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Resolves when either side has ended and both are closed. */
export async function translateRemoteCommand(options: RemoteCommandOptions): Promise<void> {
  const { peer, upstream } = options;
  const streams = openStreams(options);
  const session = { peer, upstream, idOf: streams.idOf, nameOf: streams.nameOf };
  upstream.write(streams.opening);
  try {
    await Promise.race([pumpUp(session), pumpDown(session)]);
    peer.close(1000, '');
  } catch {
    // The kubelet's side broke off: the peer is told so by the close code, there is nobody else to tell.
    peer.close(1011, 'the connection to the node was lost');
  } finally {
    upstream.destroy();
  }
}

interface Session {
  readonly peer: MessagePeer;
  readonly upstream: Duplex;
  readonly idOf: ReadonlyMap<StreamName, number>;
  readonly nameOf: ReadonlyMap<number, StreamName>;
}

/** The order in which a streaming server expects them: error first. A client's streams have odd numbers. */
function openStreams(options: RemoteCommandOptions) {
  const names: StreamName[] = ['error'];
  if (options.stdin) names.push('stdin');
  if (options.stdout) names.push('stdout');
  if (options.stderr && !options.tty) names.push('stderr');
  if (options.tty) names.push('resize');
  const writer = new SpdyWriter();
  const idOf = new Map(names.map((name, index) => [name, 2 * index + 1] as const));
  const nameOf = new Map([...idOf].map(([name, id]) => [id, name] as const));
  const opening = Buffer.concat([...idOf].map(([name, id]) => writer.openStream(id, { streamtype: name })));
  return { idOf, nameOf, opening };
}

async function pumpUp({ peer, upstream, idOf }: Session): Promise<void> {
  for await (const message of peer.messages) {
    const payload = message.subarray(1);
    const closing = message[0] === channels.close;
    const channel = closing ? payload[0] : message[0];
    const streamId = idOf.get(channel === channels.stdin ? 'stdin' : 'resize');
    if (streamId === undefined || (channel !== channels.stdin && channel !== channels.resize)) continue;
    if (closing) await write(upstream, dataFrame(streamId, new Uint8Array(0), true));
    else if (payload.length > 0) await write(upstream, dataFrame(streamId, payload));
  }
}

async function pumpDown(session: Session): Promise<void> {
  const reader = new SpdyReader();
  let error = Buffer.alloc(0);
  for await (const chunk of session.upstream as AsyncIterable<Uint8Array>) {
    for (const frame of reader.read(chunk)) {
      const name = 'streamId' in frame ? session.nameOf.get(frame.streamId) : undefined;
      if (frame.kind === 'data' && name === 'error')
        error = Buffer.concat([error, frame.payload]).subarray(0, maxErrorLength);
      else await forward(session, frame, name);
      if (name === 'error' && endsStream(frame)) return sendError(session.peer, error);
    }
  }
  await sendError(session.peer, error);
}

async function forward(
  { peer, upstream }: Session,
  frame: SpdyFrame,
  name: StreamName | undefined,
): Promise<void> {
  if (frame.kind === 'ping') await write(upstream, pingFrame(frame.id));
  if (frame.kind !== 'data' || frame.payload.length === 0) return;
  if (name === 'stdout' || name === 'stderr') await peer.send(onChannel(channels[name], frame.payload));
}

function endsStream(frame: SpdyFrame): boolean {
  return frame.kind === 'reset' || (frame.kind === 'data' && frame.fin);
}

async function sendError(peer: MessagePeer, error: Uint8Array): Promise<void> {
  if (error.length > 0) await peer.send(onChannel(channels.error, error));
}

function onChannel(channel: number, payload: Uint8Array): Uint8Array {
  const message = Buffer.allocUnsafe(payload.length + 1);
  message[0] = channel;
  message.set(payload, 1);
  return message;
}

/** Resolves when the stream can take more; rejects when it has broken. */
export function write(stream: Duplex, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
