// The join endpoints on the hub's port + 2: KubeEdge's `/ca.crt`, `/edge.crt` (a GET with a body) and `/node/{name}`, by HTTPS
// with an optional client certificate.

import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { type Clock, describeError, Fault, type Logger } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import { isDns1123Subdomain, resources } from '@selvedge/kubernetes';
import { type Authority, certificateToPem, type Identity, keyToPem } from '@selvedge/pki';
import type { CertificateIssuer } from './certificate-issuer.ts';
import { FailureLimiter } from './failure-limiter.ts';

export interface JoinServerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly authority: Authority;
  readonly server: Identity;
  readonly issuer: CertificateIssuer;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface JoinServer extends AsyncDisposable {
  readonly port: number;
  /** Answers with another server certificate from the next connection on. */
  setIdentity(server: Identity): void;
}

/** A request for a P-256 key has 300 bytes, one for a large RSA key 2 KB. */
const maxBodyBytes = 16 * 1024;
const maxConnections = 2_000;
const idleTimeoutMs = 30_000;

/** Answers that count against an address; asking for what is not there does not. */
const failures: ReadonlySet<number> = new Set([400, 401, 403, 409, 413]);

interface Answer {
  readonly status: number;
  readonly type: 'application/octet-stream' | 'text/plain; charset=utf-8';
  readonly body: Uint8Array | string;
}

export async function startJoinServer(options: JoinServerOptions): Promise<JoinServer> {
  const limiter = new FailureLimiter({ burst: 20, perSecond: 0.5, maxAddresses: 10_000 });
  const server = createSecureServer(
    {
      allowHTTP1: true,
      cert: certificateToPem(options.server.certificate),
      key: keyToPem(options.server.key),
      ca: certificateToPem(options.authority.certificate),
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
    },
    (request, response) => {
      answer(options, limiter, request)
        .catch((error: unknown) => {
          options.logger.error('a join request failed', { reason: describeError(error) });
          return text(500, 'the request could not be answered');
        })
        .then((result) => send(response, result));
    },
  );
  server.maxConnections = maxConnections;
  server.setTimeout(idleTimeoutMs, (socket?: { destroy(): void }) => socket?.destroy());
  const sockets = trackSockets(server);
  await listen(server, options);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    setIdentity: (identity) =>
      server.setSecureContext({
        cert: certificateToPem(identity.certificate),
        key: keyToPem(identity.key),
        ca: certificateToPem(options.authority.certificate),
      }),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function trackSockets(server: Http2SecureServer): Set<TLSSocket> {
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that breaks off is its own affair.
    socket.on('error', () => undefined);
  });
  return sockets;
}

async function listen(server: Http2SecureServer, { hostname, port }: JoinServerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new Fault('cloudhub/port-unavailable', `can not listen on ${hostname}:${port}`, {
          cause,
          hint: 'end the program that uses the port, or choose another with --hub-port',
        }),
      );
    });
    server.listen(port, hostname, resolve);
  });
}

async function answer(
  options: JoinServerOptions,
  limiter: FailureLimiter,
  request: Http2ServerRequest,
): Promise<Answer> {
  const address = request.socket.remoteAddress ?? '';
  if (request.method !== 'GET') return text(405, 'only GET is answered here');
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (path === '/ca.crt') return der(options.authority.certificate.raw);
  if (limiter.isBlocked(address, options.clock.monotonic()))
    return text(429, 'too many failures, try again later');
  let result: Answer;
  if (path === '/edge.crt') result = await answerCertificate(options, request, address);
  else if (path.startsWith('/node/')) result = await answerNode(options, path.slice('/node/'.length));
  else result = text(404, 'there is nothing here');
  if (failures.has(result.status)) limiter.failed(address, options.clock.monotonic());
  return result;
}

async function answerCertificate(
  options: JoinServerOptions,
  request: Http2ServerRequest,
  remoteAddress: string,
): Promise<Answer> {
  const body = await readBody(request);
  if (!body) return text(413, `the request is larger than ${maxBodyBytes} bytes`);
  const bearer = /^Bearer (\S+)$/i.exec(header(request, 'authorization'))?.[1];
  const result = await options.issuer.issue({
    node: header(request, 'nodename'),
    bearer,
    peerCertificate: peerCertificate(request),
    request: body,
    remoteAddress,
  });
  if (result.kind === 'issued') return der(result.certificate.raw);
  options.logger.warn('node certificate refused', {
    node: header(request, 'nodename').slice(0, 253),
    address: remoteAddress,
    status: result.status,
    reason: result.reason,
  });
  return text(result.status, result.reason);
}

async function answerNode(options: JoinServerOptions, name: string): Promise<Answer> {
  if (isDns1123Subdomain(name).length > 0) return text(400, 'not a node name');
  try {
    await options.client.get({ type: resources.nodes, name });
    return text(200, 'Node found');
  } catch (error) {
    if (isApiFault(error, 'NotFound')) return text(404, 'Node not found');
    throw error;
  }
}

function header(request: Http2ServerRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** With HTTP/2 the socket is a proxy that hides this; nodes speak HTTP/1.1. */
function peerCertificate(request: Http2ServerRequest): Uint8Array | undefined {
  const socket = request.socket as Partial<TLSSocket>;
  const certificate = socket.getPeerCertificate?.();
  return certificate && 'raw' in certificate ? certificate.raw : undefined;
}

/** The body, or undefined when it is too large: then the rest of it is not read. */
function readBody(request: Http2ServerRequest): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) chunks.push(chunk);
      else resolve(undefined);
    });
    request.on('end', () => resolve(bytes <= maxBodyBytes ? Buffer.concat(chunks) : undefined));
    request.on('error', reject);
    request.on('aborted', () => reject(new Error('the client broke off')));
  });
}

function send(response: Http2ServerResponse, { status, type, body }: Answer): void {
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  if (status === 413) response.setHeader('Connection', 'close');
  response.end(body);
}

function der(body: Uint8Array): Answer {
  return { status: 200, type: 'application/octet-stream', body };
}

function text(status: number, message: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${message}\n` };
}
