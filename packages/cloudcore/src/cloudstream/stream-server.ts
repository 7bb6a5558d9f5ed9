// The stream server: the API server's way to the edges' kubelet endpoints (logs, exec, attach, port-forward), over the nodes' own connections.

import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { type Clock, describeError, Fault, isFault, type Logger } from '@selvedge/base';
import { subjectOf } from '@selvedge/pki';
import type { Hub, NodeStream } from '../cloudhub/hub.ts';
import type { CloudMetrics } from '../metrics.ts';
import { type RequestHead, readHead, statusAnswer, yesAnswer } from './request-head.ts';
import { pipeStream } from './stream-pipe.ts';

export interface StreamServerOptions {
  readonly host: string;
  readonly port: number;
  /** PEM: the server's own certificate (chain) and key. */
  readonly certificate: string;
  readonly key: string;
  /** PEM: who signs the API server's client certificate. */
  readonly clientCa: string;
  readonly hub: Hub;
  readonly disconnectedSinceMs: (node: string) => number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CloudMetrics;
  readonly maxStreams?: number;
  readonly headTimeoutMs?: number;
}

export interface StreamServer extends AsyncDisposable {
  readonly port: number;
}

/** Whom Kubernetes gives to its API server for the way to kubelets. */
const callerName = 'kube-apiserver-kubelet-client';
const defaults = { maxStreams: 10_000, headTimeoutMs: 10_000 };

export async function startStreamServer(options: StreamServerOptions): Promise<StreamServer> {
  const { certificate, key, clientCa, host, port } = options;
  const sockets = new Set<Socket>();
  const server = createServer(
    {
      cert: certificate,
      key,
      ca: clientCa,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      allowHalfOpen: true,
    },
    (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      if (sockets.size > (options.maxStreams ?? defaults.maxStreams)) {
        answer(socket, 503, 'ServiceUnavailable', 'too many streams are open');
      } else {
        void serve(socket, options);
      }
    },
  );
  server.on('tlsClientError', (error) =>
    options.logger.warn('stream caller refused', { error: describeError(error) }),
  );
  options.metrics.gauge('selvedge_streams_open', () => sockets.size);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new Fault('cloudstream/listen', `the stream server can not listen on ${host}:${port}`, { cause }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Never rejects. */
async function serve(socket: TLSSocket, options: StreamServerOptions): Promise<void> {
  const caller = callerOf(socket);
  if (caller !== callerName) {
    options.logger.warn('stream caller refused', { caller });
    answer(socket, 403, 'Forbidden', `only ${callerName} may open streams`);
    return;
  }
  const request = await receiveHead(socket, options);
  if (!request) return;
  const { head, rest } = request;
  const stream = openStream(socket, head.node, options);
  if (!stream) return;
  const fields = { node: head.node, method: head.method, path: head.path.split('?')[0] };
  options.logger.debug('stream opened', fields);
  options.metrics.count('selvedge_streams_total');
  const result = await pipeStream(socket, stream, [head.forwarded, rest]);
  options.metrics.count('selvedge_stream_bytes_total', { direction: 'from_node' }, result.bytesFromNode);
  options.metrics.count('selvedge_stream_bytes_total', { direction: 'to_node' }, result.bytesToNode);
  options.logger.debug('stream closed', { ...fields, reason: result.reason });
  if (result.bytesFromNode > 0) return;
  const why = result.reason ?? 'the stream was closed';
  answer(socket, 502, 'InternalError', `node ${head.node} did not answer: ${why}`);
}

function callerOf(socket: TLSSocket): string | undefined {
  const certificate = socket.getPeerCertificate();
  if (!certificate?.raw) return undefined;
  return subjectOf(certificate.raw).commonName;
}

function openStream(socket: Socket, node: string, options: StreamServerOptions): NodeStream | undefined {
  const session = options.hub.session(node);
  if (!session) {
    answerNotConnected(socket, node, options);
    return undefined;
  }
  try {
    return session.openStream();
  } catch (error) {
    const why = isFault(error, 'cloudhub/no-streams')
      ? 'its edgecore offers no streams'
      : describeError(error);
    answer(socket, 503, 'ServiceUnavailable', `no stream to node ${node}: ${why}`);
    return undefined;
  }
}

function answerNotConnected(socket: Socket, node: string, options: StreamServerOptions): void {
  const sinceMs = options.disconnectedSinceMs(node);
  const since = sinceMs === undefined ? '' : ` since ${new Date(sinceMs).toISOString()}`;
  answer(socket, 503, 'ServiceUnavailable', `node ${node} is not connected${since}`);
}

interface ReceivedRequest {
  readonly head: RequestHead;
  readonly rest: Buffer;
}

/** Collects the head, with size and time bounded; answers questions and what is none, and resolves to nothing. */
function receiveHead(socket: Socket, options: StreamServerOptions): Promise<ReceivedRequest | undefined> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const finish = (request?: ReceivedRequest) => {
      timer.cancel();
      socket.off('data', onData);
      socket.off('close', onClose);
      socket.pause();
      resolve(request);
    };
    const onData = (data: Buffer) => {
      received = Buffer.concat([received, data]);
      const result = readHead(received);
      if (result.kind === 'incomplete') return;
      if (result.kind === 'request') {
        finish({ head: result.head, rest: received.subarray(result.head.length) });
        return;
      }
      finish();
      if (result.kind === 'refused') answer(socket, result.code, result.reason, result.message);
      else if (options.hub.session(result.node)) socket.end(yesAnswer);
      else answerNotConnected(socket, result.node, options);
    };
    const onClose = () => finish();
    const timer = options.clock.after(options.headTimeoutMs ?? defaults.headTimeoutMs, () => {
      finish();
      answer(socket, 408, 'Timeout', 'the request did not arrive in time');
    });
    socket.on('data', onData);
    socket.on('close', onClose);
  });
}

function answer(socket: Socket, code: number, reason: string, message: string): void {
  if (!socket.destroyed) socket.end(statusAnswer(code, reason, message));
}
