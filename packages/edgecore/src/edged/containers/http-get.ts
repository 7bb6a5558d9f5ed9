// HTTP requests to containers, for probes and hooks: a status and the beginning of the body.
// HTTP's modules are loaded with the first of them: a node without such probes does without.

import type { IncomingMessage } from 'node:http';
import { type Clock, Fault } from '@selvedge/base';
import type { Container, Probe } from '@selvedge/kubernetes';

type HttpGet = NonNullable<Probe['httpGet']>;

export interface HttpGetInput {
  readonly get: HttpGet;
  readonly ports: NonNullable<Container['ports']>;
  readonly podIp: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly userAgent?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

const maxBodyBytes = 10 << 10;
const maxRedirects = 10;

/** Follows redirects that stay on the same host; one to elsewhere is an answer by itself. */
export async function httpGet(input: HttpGetInput): Promise<HttpAnswer> {
  const { get } = input;
  const secure = get.scheme === 'HTTPS';
  const host = get.host || input.podIp;
  const port = resolvePort(get.port, input.ports);
  const path = get.path?.startsWith('/') ? get.path : `/${get.path ?? ''}`;
  let url = new URL(
    `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`,
  );
  for (let step = 0; step <= maxRedirects; step++) {
    const { request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
    const answer = await once(input, url, request);
    if (!answer.location || answer.status < 300 || answer.status >= 400) return answer;
    const next = new URL(answer.location, url);
    if (next.hostname !== url.hostname) return answer;
    url = next;
  }
  throw new Fault('edged/probe-failed', 'stopped after 10 redirects');
}

type Send = typeof import('node:http').request;

function once(input: HttpGetInput, url: URL, send: Send): Promise<HttpAnswer & { location?: string }> {
  return new Promise((resolve, reject) => {
    const { promise, controller, stop } = deadline(input);
    const done = (finish: () => void) => {
      stop();
      finish();
    };
    promise.catch((error) => done(() => reject(error)));
    const headers = requestHeaders(input, url);
    // A container's certificate is nobody's business here: a probe asks whether it answers, and sends nothing of value.
    const options = {
      method: 'GET',
      headers,
      agent: false,
      signal: controller.signal,
      rejectUnauthorized: false,
    };
    const request = send(url, options, (response) => {
      readBody(response).then(
        (body) => {
          const { location } = response.headers;
          done(() => resolve({ status: response.statusCode ?? 0, body, ...(location && { location }) }));
          response.destroy();
        },
        (error) => done(() => reject(error)),
      );
    });
    request.on('error', (error) => done(() => reject(error)));
    request.end();
  });
}

function deadline(input: HttpGetInput) {
  const controller = new AbortController();
  let abandon: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_, reject) => {
    abandon = reject;
  });
  const give = (message: string) => {
    abandon(new Fault('edged/probe-failed', message));
    controller.abort();
  };
  const late = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  const timer = input.clock.after(input.timeoutMs, () => give(late));
  const cancel = () => give('context canceled');
  input.signal.addEventListener('abort', cancel, { once: true });
  const stop = () => {
    timer.cancel();
    input.signal.removeEventListener('abort', cancel);
  };
  return { promise, controller, stop };
}

function requestHeaders(input: HttpGetInput, url: URL): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {
    'User-Agent': input.userAgent ?? 'kube-lifecycle/1.32',
    Accept: '*/*',
    Connection: 'close',
    Host: url.host,
  };
  for (const { name, value } of input.get.httpHeaders ?? []) {
    const existing = Object.keys(headers).find((key) => key.toLowerCase() === name.toLowerCase());
    if (existing) delete headers[existing];
    headers[name] = value;
  }
  return headers;
}

async function readBody(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of response) {
    body += String(chunk);
    if (body.length >= maxBodyBytes) break;
  }
  return body.slice(0, maxBodyBytes);
}

/** A number, or the name of one of the container's ports. Throws `edged/probe-failed`. */
export function resolvePort(port: number | string, ports: NonNullable<Container['ports']>): number {
  if (typeof port === 'number') return port;
  const named = ports.find(({ name }) => name === port)?.containerPort ?? Number(port);
  if (Number.isInteger(named) && named > 0 && named < 65_536) return named;
  throw new Fault('edged/probe-failed', `invalid port number: ${port}`);
}
