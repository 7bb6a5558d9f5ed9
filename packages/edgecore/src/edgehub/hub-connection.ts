// One WebSocket connection to CloudHub over mutual TLS: connect, upgrade, frames. On node:tls, so that Bun and Node both run it.

import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { Fault } from '@selvedge/base';
import {
  closeCode,
  encodeCloseFrame,
  encodeFrame,
  FrameParser,
  type Mask,
  opcode,
} from '@selvedge/base/websocket';
import {
  buildUpgradeRequest,
  type Capability,
  checkUpgradeResponse,
  defaultProjectId,
  formatCapabilities,
  type HttpHead,
  parseCapabilities,
  readHead,
} from '@selvedge/wire';
import { type Endpoint, formatEndpoint } from '../config.ts';
import { connectionFault, retryAfterMs } from './connection-fault.ts';

export interface HubIdentity {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface HubConnectionOptions {
  readonly endpoint: Endpoint;
  readonly nodeName: string;
  readonly identity: HubIdentity;
  readonly capabilities: readonly Capability[];
  readonly maxMessageBytes: number;
  /** Bytes that may wait for a slow network before the connection is given up. */
  readonly maxBufferedBytes: number;
}

export interface HubConnectionEvents {
  /** Payloads are views: copy what is kept. */
  onText(payload: Buffer): void;
  onBinary(payload: Buffer): void;
  /** Called once, also when the connection never came to stand. */
  onClosed(error: Fault): void;
  onOpen(connection: HubConnection): void;
}

export interface HubConnection {
  readonly capabilities: ReadonlySet<Capability>;
  /** Bytes received so far, whatever they were: a sign of life when it grows. */
  readonly receivedBytes: number;
  sendText(text: string): void;
  sendBinary(payload: Buffer): void;
  ping(): void;
}

/** Starts to connect; the returned function ends the connection, whatever state it is in. */
export function openHubConnection(
  options: HubConnectionOptions,
  events: HubConnectionEvents,
): (error: Fault) => void {
  const connection = new TlsHubConnection(options, events);
  return (error) => connection.close(error);
}

class TlsHubConnection implements HubConnection {
  readonly #options: HubConnectionOptions;
  readonly #events: HubConnectionEvents;
  readonly #socket: TLSSocket;
  readonly #key = randomBytes(16).toString('base64');
  readonly #parser: FrameParser;
  #head: Buffer | undefined = Buffer.alloc(0);
  #capabilities: ReadonlySet<Capability> = new Set();
  #closed = false;
  receivedBytes = 0;

  constructor(options: HubConnectionOptions, events: HubConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#parser = new FrameParser({
      expectMasked: false,
      maxMessageBytes: options.maxMessageBytes,
      checkUtf8: true,
    });
    this.#socket = this.#connect();
  }

  get capabilities(): ReadonlySet<Capability> {
    return this.#capabilities;
  }

  sendText(text: string): void {
    this.#write(encodeFrame(opcode.text, text, mask()));
  }

  sendBinary(payload: Buffer): void {
    this.#write(encodeFrame(opcode.binary, payload, mask()));
  }

  ping(): void {
    this.#write(encodeFrame(opcode.ping, '', mask()));
  }

  close(error: Fault): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#head) this.#socket.write(encodeCloseFrame(closeCode.normal, error.message, mask()));
    // Ends after what is written, and does not wait for a peer that may be gone.
    this.#socket.end();
    this.#socket.destroySoon();
    this.#events.onClosed(error);
  }

  #connect(): TLSSocket {
    const { endpoint, identity } = this.#options;
    const socket = connect({
      host: endpoint.host,
      port: endpoint.port,
      ...(isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}),
      ca: identity.caPem,
      cert: identity.certificatePem,
      key: identity.keyPem,
      minVersion: 'TLSv1.2',
    });
    socket.setNoDelay(true);
    socket.on('secureConnect', () => this.#upgrade());
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (cause) => this.#fail(connectionFault(endpoint, cause)));
    socket.on('close', () => this.#fail(lost('the connection was closed without a word')));
    return socket;
  }

  #upgrade(): void {
    const { endpoint, nodeName, capabilities } = this.#options;
    this.#socket.write(
      buildUpgradeRequest({
        host: formatEndpoint(endpoint),
        path: `/${defaultProjectId}/${nodeName}/events`,
        key: this.#key,
        headers: {
          Connectionuse: 'msg',
          Node_id: nodeName,
          Project_id: defaultProjectId,
          ...(capabilities.length > 0 ? { 'Selvedge-Capabilities': formatCapabilities(capabilities) } : {}),
        },
      }),
    );
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.receivedBytes += chunk.length;
    try {
      const frames = this.#head ? this.#receiveHead(Buffer.concat([this.#head, chunk])) : chunk;
      if (frames && frames.length > 0) this.#receiveFrames(frames);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#fail(error);
    }
  }

  /** The bytes after the head of the server's answer, once it is complete. */
  #receiveHead(bytes: Buffer): Buffer | undefined {
    const head = readHead(bytes);
    if (!head) {
      this.#head = bytes;
      return undefined;
    }
    this.#checkAnswer(head, bytes);
    this.#head = undefined;
    this.#capabilities = parseCapabilities(head.headers.get('selvedge-capabilities'));
    this.#events.onOpen(this);
    return bytes.subarray(head.length);
  }

  #checkAnswer(head: HttpHead, bytes: Buffer): void {
    try {
      checkUpgradeResponse(head, this.#key);
    } catch (cause) {
      const text = bytes
        .subarray(head.length, head.length + 300)
        .toString('utf8')
        .trim();
      throw new RefusedFault(`the cloud refused the connection: ${text || head.startLine}`, {
        cause,
        retryAfterMs: retryAfterMs(head.headers.get('retry-after')),
      });
    }
  }

  #receiveFrames(bytes: Buffer): void {
    const violation = this.#parser.push(bytes, {
      onMessage: (kind, payload) => {
        if (this.#closed) return;
        if (kind === 'text') this.#events.onText(payload);
        else this.#events.onBinary(payload);
      },
      onPing: (payload) => this.#write(encodeFrame(opcode.pong, payload, mask())),
      onPong: () => undefined,
      onClose: (code, reason) => this.#fail(closedByCloud(code, reason)),
    });
    if (violation)
      this.#fail(new Fault('edgehub/protocol', `the cloud broke the protocol: ${violation.reason}`));
  }

  #write(frame: Buffer): void {
    if (this.#closed) return;
    this.#socket.write(frame);
    if (this.#socket.writableLength > this.#options.maxBufferedBytes)
      this.#fail(lost(`${this.#socket.writableLength} bytes wait to be sent: the network is too slow`));
  }

  #fail(error: Fault): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.#events.onClosed(error);
  }
}

/** The cloud does not want this connection now, and may have said when it will. */
export class RefusedFault extends Fault {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number | undefined }) {
    super('edgehub/refused', message, { cause: options.cause, retryable: true });
    this.retryAfterMs = options.retryAfterMs;
  }
}

function closedByCloud(code: number | undefined, reason: string): Fault {
  const said = reason === '' ? `code ${code ?? 'none'}` : reason;
  if (code === closeCode.tryAgainLater || code === closeCode.policyViolation)
    return new RefusedFault(`the cloud closed the connection: ${said}`, {
      retryAfterMs: retryAfterMs(/retry.after[ =:]*(\d+)/i.exec(reason)?.[1]),
    });
  return lost(`the cloud closed the connection: ${said}`);
}

function lost(message: string): Fault {
  return new Fault('edgehub/lost', message, { retryable: true });
}

/** RFC 6455 wants a fresh random mask per frame: it keeps scripts from choosing bytes that proxies might misread. */
function mask(): Mask {
  const [a = 0, b = 0, c = 0, d = 0] = randomBytes(4);
  return [a, b, c, d];
}
