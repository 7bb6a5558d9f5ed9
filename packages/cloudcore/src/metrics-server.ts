// Plain HTTP on loopback for those who look after the cloud: `/metrics` (Prometheus), `/status` (JSON, per connected node), `/healthz`.

import { createServer } from 'node:http';
import { Fault } from '@selvedge/base';

export interface MetricsServerOptions {
  readonly port: number;
  readonly metrics: () => string;
  readonly status: () => object;
}

export interface MetricsServer extends AsyncDisposable {
  readonly port: number;
}

export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const pages: Readonly<Record<string, () => readonly [type: string, body: string]>> = {
    '/metrics': () => ['text/plain; version=0.0.4; charset=utf-8', options.metrics()],
    '/status': () => ['application/json', `${JSON.stringify(options.status())}\n`],
    '/healthz': () => ['text/plain; charset=utf-8', 'ok\n'],
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const page = request.method === 'GET' && Object.hasOwn(pages, path) ? pages[path]?.() : undefined;
    const [type, body] = page ?? ['text/plain; charset=utf-8', 'there is nothing here\n'];
    response.writeHead(page ? 200 : 404, { 'Content-Type': type });
    response.end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new Fault('cloudhub/port-unavailable', `can not listen on 127.0.0.1:${options.port} for metrics`, {
          cause,
          hint: 'end the program that uses the port, or choose another with --hub-port',
        }),
      ),
    );
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
