// The listener on node:tls: runs wherever Node's standard modules do. Twice the cost of Bun's own sockets, the same contract.

import { createServer, type TLSSocket } from 'node:tls';
import { Fault } from '@selvedge/base';
import type { ListenOptions, TransportHandlers, TransportListener, TransportSocket } from './listener.ts';

class NodeSocket implements TransportSocket {
  readonly #socket: TLSSocket;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? '';
  }

  peerCertificate(): Buffer | undefined {
    return this.#socket.getPeerX509Certificate()?.raw;
  }

  write(data: Uint8Array): void {
    if (!this.#socket.writableEnded && !this.#socket.destroyed) this.#socket.write(data);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

export async function listenOnNode<State>(
  options: ListenOptions,
  handlers: TransportHandlers<State>,
): Promise<TransportListener> {
  const server = createServer({
    cert: options.certificate,
    key: options.key,
    ca: options.clientAuthority,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    handshakeTimeout: options.handshakeTimeoutMs,
  });
  server.on('secureConnection', (socket) => {
    if (!socket.authorized) {
      handlers.onRefused(String(socket.authorizationError ?? 'the client certificate is not good'));
      socket.destroy();
      return;
    }
    const state = handlers.onOpen(new NodeSocket(socket));
    socket.on('data', (data: Buffer) => handlers.onData(state, data));
    socket.on('drain', () => handlers.onDrain(state));
    socket.on('end', () => socket.end());
    socket.on('close', () => handlers.onClose(state));
    socket.on('error', (error) => handlers.onError(error));
  });
  server.on('tlsClientError', (error) => handlers.onRefused(error.message));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new Fault('cloudhub/port-unavailable', `can not listen on ${options.hostname}:${options.port}`, {
          cause,
          hint: 'end the program that uses the port, or choose another with --hub-port',
        }),
      );
    });
    server.listen(
      { host: options.hostname, port: options.port, reusePort: options.reusePort && options.port !== 0 },
      resolve,
    );
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    stop: () => void server.close(),
  };
}
