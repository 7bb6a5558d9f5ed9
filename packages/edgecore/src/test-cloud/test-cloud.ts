// A cloud for tests: the hub's end of the wire over real TLS, without Kubernetes behind it.

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { encodeFrame, FrameParser, opcode } from '@selvedge/base/websocket';
import {
  type Authority,
  certificateToPem,
  createClientIdentity,
  createKubeEdgeAuthority,
  createServerIdentity,
  keyToPem,
  nodeSubject,
} from '@selvedge/pki';
import {
  buildRefusal,
  buildUpgradeResponse,
  checkUpgradeRequest,
  commonCapabilities,
  decodeMessage,
  encodeMessage,
  formatCapabilities,
  type HttpHead,
  type Message,
  parseCapabilities,
  readHead,
} from '@selvedge/wire';
import type { HubIdentity } from '../edgehub/hub-connection.ts';

export interface TestCloudOptions {
  /** A comma-separated list, as in the header; empty for a cloud like KubeEdge's. */
  readonly capabilities?: string;
  readonly authority?: Authority;
  readonly port?: number;
  /** Answers each upgrade with this instead of taking it. */
  readonly refuse?: () => string | undefined;
}

export class TestCloud implements AsyncDisposable {
  readonly authority: Authority;
  readonly connections: TestConnection[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<TLSSocket>();
  readonly #waiting: Array<(connection: TestConnection) => void> = [];

  private constructor(authority: Authority, server: Server) {
    this.authority = authority;
    this.#server = server;
  }

  static async start(options: TestCloudOptions = {}): Promise<TestCloud> {
    const nowMs = Date.now();
    const authority = options.authority ?? createKubeEdgeAuthority(nowMs);
    const identity = createServerIdentity(authority, {
      subject: { commonName: 'KubeEdge' },
      nowMs,
      lifetimeDays: 1,
      hosts: ['127.0.0.1'],
    });
    const server = createServer({
      cert: certificateToPem(identity.certificate),
      key: keyToPem(identity.key),
      ca: certificateToPem(authority.certificate),
      requestCert: true,
      rejectUnauthorized: true,
    });
    const cloud = new TestCloud(authority, server);
    server.on('secureConnection', (socket) => cloud.#accept(socket, options));
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', () => resolve()));
    return cloud;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  identity(node: string, lifetimeDays = 1): HubIdentity {
    const { certificate, key } = createClientIdentity(this.authority, {
      subject: nodeSubject(node),
      nowMs: Date.now(),
      lifetimeDays,
    });
    return {
      caPem: certificateToPem(this.authority.certificate),
      certificatePem: certificateToPem(certificate),
      keyPem: keyToPem(key),
    };
  }

  /** The next connection to come. */
  connection(): Promise<TestConnection> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: TLSSocket, options: TestCloudOptions): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let bytes = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const head = readHead(bytes);
      if (!head) return;
      socket.off('data', onData);
      this.#upgrade(socket, head, { options, rest: bytes.subarray(head.length) });
    };
    socket.on('data', onData);
  }

  #upgrade(
    socket: TLSSocket,
    head: HttpHead,
    { options, rest }: { options: TestCloudOptions; rest: Buffer },
  ): void {
    const refusal = options.refuse?.();
    if (refusal !== undefined) {
      socket.end(refusal === '' ? buildRefusal(503, 'not now') : refusal);
      return;
    }
    const { key, headers } = checkUpgradeRequest(head);
    const offered = parseCapabilities(headers.get('selvedge-capabilities'));
    const agreed = commonCapabilities(offered, parseCapabilities(options.capabilities));
    const answer: Record<string, string> =
      agreed.size > 0 ? { 'Selvedge-Capabilities': formatCapabilities(agreed) } : {};
    socket.write(buildUpgradeResponse(key, answer));
    const connection = new TestConnection(socket, head.startLine, headers);
    this.connections.push(connection);
    this.#waiting.shift()?.(connection);
    if (rest.length > 0) connection.receive(rest);
  }
}

export class TestConnection {
  readonly messages: Message[] = [];
  readonly binaries: Buffer[] = [];
  readonly #waiting = new Set<{
    matches: (message: Message) => boolean;
    found: (message: Message) => void;
  }>();
  readonly #parser = new FrameParser({ expectMasked: true, maxMessageBytes: 16 << 20, checkUtf8: true });
  readonly socket: TLSSocket;
  readonly startLine: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly closed: Promise<void>;
  onMessage: (message: Message) => void = () => undefined;
  onBinary: (payload: Buffer) => void = () => undefined;

  constructor(socket: TLSSocket, startLine: string, headers: ReadonlyMap<string, string>) {
    this.socket = socket;
    this.startLine = startLine;
    this.headers = headers;
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
  }

  send(message: Message): void {
    this.socket.write(encodeFrame(opcode.text, encodeMessage(message)));
  }

  sendText(text: string): void {
    this.socket.write(encodeFrame(opcode.text, text));
  }

  sendBinary(payload: Buffer): void {
    this.socket.write(encodeFrame(opcode.binary, payload));
  }

  drop(): void {
    this.socket.destroy();
  }

  /** The first message, past or to come, that matches. */
  message(matches: (message: Message) => boolean): Promise<Message> {
    const known = this.messages.find(matches);
    if (known) return Promise.resolve(known);
    return new Promise((found) => this.#waiting.add({ matches, found }));
  }

  receive(chunk: Buffer): void {
    this.#parser.push(chunk, {
      onMessage: (kind, payload) => {
        if (kind === 'binary') {
          this.binaries.push(Buffer.from(payload));
          this.onBinary(Buffer.from(payload));
        } else this.#receiveMessage(decodeMessage(payload));
      },
      onPing: (payload) => this.socket.write(encodeFrame(opcode.pong, payload)),
      onPong: () => undefined,
      onClose: () => this.socket.end(),
    });
  }

  #receiveMessage(message: Message): void {
    this.messages.push(message);
    for (const waiting of [...this.#waiting]) {
      if (!waiting.matches(message)) continue;
      this.#waiting.delete(waiting);
      waiting.found(message);
    }
    this.onMessage(message);
  }
}
