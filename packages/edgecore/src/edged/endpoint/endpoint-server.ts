// The node's own HTTP endpoint on a Unix socket: sends each request to the part that answers it, with a kubelet's words for errors.

import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { describeError } from '@selvedge/base';
import type { EdgedContext } from '../edged-context.ts';
import { serveContainerLogs } from './container-logs.ts';
import { HttpProblem } from './http-problem.ts';
import { podList, prometheusMetrics, resourceMetrics } from './metrics.ts';
import { statsSummary } from './stats-summary.ts';
import { openStreamUrl, pipeUpgrade } from './streaming.ts';

export interface EndpointServerOptions {
  readonly context: EdgedContext;
  readonly socketPath: string;
}

const maxHeaderBytes = 64 << 10;
const streamVerbs = new Set(['exec', 'attach', 'portForward']);

export interface EndpointServer extends AsyncDisposable {
  readonly socketPath: string;
}

export async function startEndpointServer(options: EndpointServerOptions): Promise<EndpointServer> {
  const { context, socketPath } = options;
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
  await rm(socketPath, { force: true });
  const stop = new AbortController();
  const server = createServer({ maxHeaderSize: maxHeaderBytes }, (request, response) => {
    serve(context, request, response, stop.signal).catch((error) => answerProblem(response, error));
  });
  const upgraded = new Set<Socket>();
  server.on('upgrade', (request, socket: Socket, head: Buffer) => {
    upgraded.add(socket);
    socket.on('close', () => upgraded.delete(socket));
    socket.on('error', () => socket.destroy());
    upgrade(context, request, socket, head).catch((error) => refuseUpgrade(socket, error));
  });
  await listen(server, socketPath);
  await chmod(socketPath, 0o600);
  return {
    socketPath,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      for (const socket of upgraded) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(socketPath, { force: true });
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}

async function serve(
  context: EdgedContext,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://node');
  const [verb = '', ...rest] = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  if (streamVerbs.has(verb))
    throw new HttpProblem(400, 'you must specify at least 1 of stdin, stdout, stderr by an upgrade request');
  if (verb === 'containerLogs')
    return serveContainerLogs({ context, path: rest, query: url.searchParams, response, signal });
  switch (url.pathname) {
    case '/healthz':
      return answer(response, 'text/plain; charset=utf-8', 'ok');
    case '/pods':
      return answer(response, 'application/json', JSON.stringify(podList(context)));
    case '/stats/summary':
      return answer(response, 'application/json', JSON.stringify(await statsSummary(context)));
    case '/metrics':
      return answer(response, prometheusType, prometheusMetrics(context));
    case '/metrics/resource':
    case '/metrics/cadvisor':
      return answer(response, prometheusType, resourceMetrics(await statsSummary(context)));
    default:
      throw new HttpProblem(404, '404 page not found');
  }
}

const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';

function answer(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'Content-Type': type });
  response.end(body);
}

function answerProblem(response: ServerResponse, error: unknown): void {
  const status = error instanceof HttpProblem ? error.status : 500;
  if (response.headersSent) {
    response.end(`${describeError(error)}\n`);
    return;
  }
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${describeError(error)}\n`);
}

async function upgrade(
  context: EdgedContext,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<void> {
  const target = await openStreamUrl(context, new URL(request.url ?? '/', 'http://node'));
  await pipeUpgrade({ request, socket, head, target });
}

function refuseUpgrade(socket: Socket, error: unknown): void {
  const status = error instanceof HttpProblem ? error.status : 500;
  const body = `${describeError(error)}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${status === 404 ? 'Not Found' : status === 400 ? 'Bad Request' : 'Internal Server Error'}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
