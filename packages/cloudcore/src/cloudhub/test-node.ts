// A node for tests: speaks to a hub as an edge does, over real TLS, and lets the test say each message.

import { randomBytes } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import { encodeFrame, FrameParser, type Mask, opcode } from '@selvedge/base/websocket';
import { certificateToPem, type Identity, keyToPem } from '@selvedge/pki';
import {
  buildUpgradeRequest,
  checkUpgradeResponse,
  decodeMessage,
  encodeMessage,
  type Message,
  readHead,
} from '@selvedge/wire';

export interface TestNodeOptions {
  readonly port: number;
  readonly authority: string;
  readonly identity: Identity;
  readonly headers: Readonly<Record<string, string>>;
}

const mask: Mask = [1, 2, 3, 4];

export class TestNode implements Disposable {
  readonly messages: Message[] = [];
  readonly frames: Buffer[] = [];
  /** What the hub granted. */
  capabilities = '';
  closed: { code: number | undefined; reason: string } | undefined;
  ended = false;
  #wake: (() => void)[] = [];
  readonly #socket: TLSSocket;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
  }

  /** Connects; resolves when the upgrade is answered, also when a close frame follows at once. */
  static async connect(options: TestNodeOptions): Promise<TestNode> {
    const socket = connect({
      host: '127.0.0.1',
      port: options.port,
      ca: options.authority,
      cert: certificateToPem(options.identity.certificate),
      key: keyToPem(options.identity.key),
    });
    const node = new TestNode(socket);
    const key = randomBytes(16).toString('base64');
    socket.write(buildUpgradeRequest({ host: 'hub', path: '/p/n/events', key, headers: options.headers }));
    const upgraded = Promise.withResolvers<void>();
    let early: Buffer | undefined = Buffer.alloc(0);
    const parser = new FrameParser({ expectMasked: false, maxMessageBytes: 1 << 26, checkUtf8: true });
    socket.on('data', (data: Buffer) => {
      let bytes = data;
      if (early) {
        early = Buffer.concat([early, data]);
        const head = readHead(early);
        if (!head) return;
        bytes = early.subarray(head.length);
        early = undefined;
        try {
          checkUpgradeResponse(head, key);
        } catch (error) {
          upgraded.reject(error);
          return;
        }
        node.capabilities = head.headers.get('selvedge-capabilities') ?? '';
        upgraded.resolve();
      }
      if (bytes.length > 0) parser.push(Buffer.from(bytes), node);
    });
    socket.on('error', (error) => upgraded.reject(error));
    socket.on('close', () => {
      node.ended = true;
      upgraded.reject(new Error('closed before the upgrade'));
      node.#changed();
    });
    await upgraded.promise;
    return node;
  }

  onMessage(kind: 'text' | 'binary', payload: Buffer): void {
    if (kind === 'text') this.messages.push(decodeMessage(payload));
    else this.frames.push(Buffer.from(payload));
    this.#changed();
  }

  onPing(): void {}

  onPong(payload: Buffer): void {
    this.frames.push(Buffer.from(payload));
    this.#changed();
  }

  onClose(code: number | undefined, reason: string): void {
    this.closed = { code, reason };
    this.#changed();
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async until(condition: (node: TestNode) => boolean): Promise<void> {
    while (!condition(this)) {
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      });
    }
  }

  send(message: Message): void {
    this.write(encodeFrame(opcode.text, encodeMessage(message), mask));
  }

  sendText(text: string): void {
    this.write(encodeFrame(opcode.text, text, mask));
  }

  sendBinary(bytes: Uint8Array): void {
    this.write(encodeFrame(opcode.binary, bytes, mask));
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
