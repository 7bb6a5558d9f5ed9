// One keep-alive TLS connection of the load: sends prepared requests one after another and reads just enough of the answers.

import { connect, type SecureContext, type TLSSocket } from 'node:tls';

export interface Target {
  readonly hostname: string;
  readonly port: number;
  readonly context: SecureContext;
}

export interface Response {
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
  /** The beginning of the answer, for what went wrong. */
  readonly start: string;
}

const headEnd = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('0\r\n\r\n');

export class Connection implements Disposable {
  readonly #socket: TLSSocket;
  #waiting: { resolve: (response: Response) => void; reject: (error: Error) => void } | undefined;
  #head: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);
  /** Known once the head is there: the bytes of the body, or undefined when it comes in chunks. */
  #state: { status: number; length: number | undefined; read: number } | undefined;

  static open({ hostname, port, context }: Target): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port, secureContext: context, ALPNProtocols: ['http/1.1'] });
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  [Symbol.dispose](): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  exchange(request: string): Promise<Response> {
    this.#head = Buffer.alloc(0);
    this.#tail = Buffer.alloc(0);
    this.#state = undefined;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  #receive(bytes: Buffer): void {
    if (this.#state) {
      this.#readBody(bytes);
      return;
    }
    this.#head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf(headEnd);
    if (end === -1) return;
    const head = this.#head.toString('latin1', 0, end);
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    const status = Number(head.slice(9, 12));
    this.#state = { status, length: length === undefined ? undefined : Number(length), read: 0 };
    this.#readBody(this.#head.subarray(end + headEnd.length));
  }

  #readBody(bytes: Buffer): void {
    const state = this.#state;
    if (!state) return;
    state.read += bytes.length;
    if (state.length === undefined) {
      this.#tail = Buffer.concat([this.#tail, bytes]).subarray(-lastChunk.length);
      if (!this.#tail.equals(lastChunk)) return;
    } else if (state.read < state.length) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve({
      status: state.status,
      bytes: state.read,
      start: this.#head.toString('utf8', 0, 500),
    });
  }
}
