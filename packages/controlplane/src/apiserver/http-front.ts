// The HTTPS listener: HTTP/2 and HTTP/1.1 on one port, client certificates seen, upgraded connections handed over raw.

import type { IncomingMessage } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '@selvedge/base';
import type { Answer } from './api-request.ts';
import { BodyReader } from './body-reader.ts';
import type { AnyRequest, AnyResponse } from './http-messages.ts';
import type { IncomingRequest } from './incoming-request.ts';
import { ResponseStream, writeAnswer } from './response-stream.ts';
import { UpgradeStream } from './upgrade-stream.ts';

export interface HttpFrontOptions {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly certificate: string;
  readonly clientCa: string;
  readonly maxBodyBytes: number;
  readonly maxHeaderBytes: number;
  readonly logger: Logger;
  readonly handle: (request: IncomingRequest) => Promise<Answer>;
}

export class HttpFront implements AsyncDisposable {
  readonly #options: HttpFrontOptions;
  readonly #server: Http2SecureServer;
  readonly #sockets = new Set<Duplex>();
  readonly #stop = new AbortController();
  #inFlight = 0;

  static async listen(options: HttpFrontOptions): Promise<HttpFront> {
    const front = new HttpFront(options);
    await front.#listen();
    return front;
  }

  private constructor(options: HttpFrontOptions) {
    this.#options = options;
    this.#server = createSecureServer({
      allowHTTP1: true,
      key: options.key,
      cert: options.certificate,
      ca: [options.clientCa],
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ...({ maxHeaderSize: options.maxHeaderBytes } as object),
    });
    this.#server.on('secureConnection', (socket) => this.#track(socket));
    this.#server.on('request', (request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', (request, socket, head) => void this.#serveUpgrade(request, socket, head));
    this.#server.on('tlsClientError', (error) =>
      options.logger.debug('tls handshake failed', { error: error.message }),
    );
    this.#server.on('sessionError', (error) =>
      options.logger.debug('http2 session failed', { error: String(error) }),
    );
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get requestsInFlight(): number {
    return this.#inFlight;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #listen(): Promise<void> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) =>
          this.#options.logger.error('listener failed', { error: error.message }),
        );
        resolve();
      });
    });
  }

  #track(socket: TLSSocket): void {
    // Its handshake was under way when the listener closed.
    if (this.#stop.signal.aborted) return void socket.destroy();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  async #serve(request: AnyRequest, response: AnyResponse): Promise<void> {
    const gone = new AbortController();
    const leave = () => gone.abort();
    response.once('close', leave);
    request.once('error', leave);
    response.once('error', leave);
    this.#stop.signal.addEventListener('abort', leave, { once: true });
    this.#inFlight++;
    try {
      const body = new BodyReader(request, this.#options.maxBodyBytes);
      const incoming: IncomingRequest = {
        method: request.method ?? 'GET',
        url: request.url ?? '/',
        headers: request.headers,
        socket: socketOf(request),
        signal: gone.signal,
        readBody: () => body.read(),
        body: request,
        upgrade: undefined,
      };
      const answer = await this.#options.handle(incoming);
      body.discard();
      await writeAnswer(answer, new ResponseStream(response), request);
    } catch (error) {
      this.#options.logger.error('request failed', { url: request.url, error: String(error) });
      response.destroy();
    } finally {
      this.#inFlight--;
      this.#stop.signal.removeEventListener('abort', leave);
    }
  }

  async #serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    const leave = () => gone.abort();
    socket.once('close', leave);
    socket.on('error', leave);
    this.#stop.signal.addEventListener('abort', leave, { once: true });
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    try {
      const answer = await this.#options.handle({
        method: request.method ?? 'GET',
        url: request.url ?? '/',
        headers: request.headers,
        socket: socket as TLSSocket,
        signal: gone.signal,
        readBody: async () => Buffer.alloc(0),
        body: request,
        upgrade: { socket, head },
      });
      if (answer.kind !== 'taken') await writeAnswer(answer, new UpgradeStream(socket), request);
    } catch (error) {
      this.#options.logger.error('upgrade failed', { url: request.url, error: String(error) });
      socket.destroy();
    } finally {
      this.#stop.signal.removeEventListener('abort', leave);
    }
  }
}

function socketOf(request: AnyRequest): TLSSocket {
  const session = 'stream' in request ? request.stream.session : undefined;
  return (session?.socket ?? request.socket) as TLSSocket;
}
