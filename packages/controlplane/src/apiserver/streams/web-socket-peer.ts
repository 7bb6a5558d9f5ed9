// The server's end of kubectl's WebSocket, as binary messages in and out.

import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  acceptKeyOf,
  encodeCloseFrame,
  encodeFrame,
  FrameParser,
  type FrameSink,
  opcode,
} from '@selvedge/base/websocket';
import type { UpgradeConnection } from '../api-request.ts';
import { type MessagePeer, write } from './remote-command.ts';

const maxMessageBytes = 1 << 20;

/** Answers the client's handshake; `protocol` is one that it offered, or empty where it offered none. */
export function acceptWebSocket(
  { socket, head }: UpgradeConnection,
  headers: IncomingHttpHeaders,
  protocol: string,
): WebSocketPeer {
  const key = String(headers['sec-websocket-key'] ?? '');
  const answer = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptKeyOf(key)}`,
    ...(protocol === '' ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ];
  socket.write(`${answer.join('\r\n')}\r\n\r\n`);
  return new WebSocketPeer(socket, head);
}

export class WebSocketPeer implements MessagePeer {
  readonly #socket: Duplex;
  readonly #head: Buffer;
  #closed = false;

  /** `head`: bytes that came together with the upgrade request. */
  constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    this.#head = head;
  }

  get messages(): AsyncIterable<Uint8Array> {
    return this.#read();
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    const parser = new FrameParser({ expectMasked: true, maxMessageBytes, checkUtf8: false });
    let messages: Uint8Array[] = [];
    let ended = false;
    const sink: FrameSink = {
      onMessage: (_kind, payload) => messages.push(Buffer.from(payload)),
      onPing: (payload) => this.#write(encodeFrame(opcode.pong, payload)),
      onPong: () => undefined,
      onClose: () => {
        ended = true;
      },
    };
    const take = (chunk: Buffer) => {
      const violation = parser.push(chunk, sink);
      if (violation) this.close(violation.closeCode, violation.reason);
      ended ||= violation !== undefined;
      const taken = messages;
      messages = [];
      return taken;
    };
    if (this.#head.length > 0) yield* take(Buffer.from(this.#head));
    for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
      yield* take(Buffer.from(chunk));
      if (ended) return;
    }
  }

  send(message: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return write(this.#socket, encodeFrame(opcode.binary, message));
  }

  sendText(message: string): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return write(this.#socket, encodeFrame(opcode.text, message));
  }

  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#write(encodeCloseFrame(code, reason));
    this.#closed = true;
    this.#socket.end();
  }

  #write(frame: Uint8Array): void {
    if (!this.#closed && this.#socket.writable) this.#socket.write(frame);
  }
}
