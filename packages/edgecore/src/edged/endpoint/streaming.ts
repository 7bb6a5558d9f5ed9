// exec, attach and port-forward: asks the runtime for the address of the stream, then is a pipe between caller and runtime.

import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { EdgedContext } from '../edged-context.ts';
import { findContainer } from '../pods/pod-spec.ts';
import { HttpProblem } from './http-problem.ts';

/** The runtime's address for one stream. */
export async function openStreamUrl(context: EdgedContext, url: URL): Promise<URL> {
  const [verb, namespace = '', name = '', ...rest] = url.pathname
    .split('/')
    .filter(Boolean)
    .map(decodeURIComponent);
  const pod = context.store.pod(namespace, name);
  if (!pod) throw new HttpProblem(404, 'pod does not exist');
  const state = context.cache.pod(pod.metadata.uid);
  if (verb === 'portForward') {
    const sandbox = state?.sandboxes.find(({ ready }) => ready);
    if (!sandbox) throw new HttpProblem(500, `pod not found ("${name}_${namespace}")`);
    return new URL(await context.runtime.portForwardUrl(sandbox.id, ports(url)));
  }
  const containerName = rest.at(-1) ?? '';
  const container = findContainer(pod, containerName)?.container;
  const status = state?.containers.find((item) => item.name === containerName && item.state === 'running');
  if (!container || !status) throw new HttpProblem(500, `container not found ("${containerName}")`);
  const flag = (key: string) => ['1', 'true'].includes(url.searchParams.get(key) ?? '');
  const tty = flag('tty');
  const streams = { stdin: flag('input'), stdout: flag('output'), stderr: flag('error') && !tty };
  if (!streams.stdin && !streams.stdout && !streams.stderr) {
    throw new HttpProblem(400, 'you must specify at least 1 of stdin, stdout, stderr');
  }
  const containerId = status.id;
  if (verb === 'exec') {
    return new URL(
      await context.runtime.execUrl({
        containerId,
        cmd: url.searchParams.getAll('command'),
        tty,
        ...streams,
      }),
    );
  }
  const attach = { containerId, tty: container.tty ?? false, ...streams };
  return new URL(await context.runtime.attachUrl({ ...attach, stderr: streams.stderr && !attach.tty }));
}

function ports(url: URL): number[] {
  return url.searchParams
    .getAll('port')
    .flatMap((list) => list.split(','))
    .map(Number)
    .filter((port) => Number.isInteger(port) && port > 0);
}

export interface PipeUpgradeInput {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** What came after the request's head. */
  readonly head: Buffer;
  readonly target: URL;
}

/** Hands the caller's own upgrade request to the runtime's streaming server; both ends are theirs from then on. */
export function pipeUpgrade({ request, socket, head, target }: PipeUpgradeInput): Promise<void> {
  return new Promise((resolve, reject) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true });
    upstream.once('error', (error) => {
      if (upstream.bytesRead === 0 && upstream.bytesWritten === 0) reject(error);
      socket.destroy();
    });
    upstream.once('connect', () => {
      upstream.write(requestHead(request, target));
      if (head.length > 0) upstream.write(head);
      upstream.pipe(socket);
      socket.pipe(upstream);
      resolve();
    });
    upstream.on('close', () => socket.destroySoon());
    socket.on('close', () => upstream.destroy());
  });
}

function requestHead(request: IncomingMessage, target: URL): string {
  const lines = [
    `${request.method ?? 'POST'} ${target.pathname}${target.search} HTTP/1.1`,
    `Host: ${target.host}`,
  ];
  const { rawHeaders } = request;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.toLowerCase() !== 'host') lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
