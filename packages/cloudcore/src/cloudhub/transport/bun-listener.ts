// The listener on Bun's own sockets: the least memory and CPU per TLS connection of what was measured.

import { Fault } from '@selvedge/base';
import type { Socket, TCPSocketListener } from 'bun';
import type { ListenOptions, TransportHandlers, TransportListener, TransportSocket } from './listener.ts';

/** TLS 1.2 as Bun's options want it: the number on the wire. */
const tls12 = 0x0303;

class BunSocket<State> implements TransportSocket {
  state: State | undefined;
  #socket: Socket<BunSocket<State>>;
  /** Absent most of the time: only while the other end does not keep up. */
  #kept: Uint8Array[] | undefined;
  #keptBytes = 0;
  #ending = false;

  constructor(socket: Socket<BunSocket<State>>) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#keptBytes;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress;
  }

  peerCertificate(): Buffer | undefined {
    const raw: unknown = this.#socket.getPeerX509Certificate()?.raw;
    return raw instanceof Uint8Array ? Buffer.from(raw) : undefined;
  }

  write(data: Uint8Array): void {
    if (this.#ending || data.length === 0) return;
    if (this.#kept) {
      this.#keep(data);
      return;
    }
    const sent = this.#socket.write(data);
    if (sent < 0) return;
    if (sent < data.length) this.#keep(data.subarray(sent));
  }

  #keep(data: Uint8Array): void {
    this.#kept ??= [];
    this.#kept.push(data);
    this.#keptBytes += data.length;
  }

  /** Sends what was kept; true when nothing is left. */
  flush(): boolean {
    while (this.#kept) {
      const first = this.#kept[0];
      if (first === undefined) {
        this.#kept = undefined;
        break;
      }
      const sent = this.#socket.write(first);
      if (sent < 0) return false;
      this.#keptBytes -= sent;
      if (sent < first.length) {
        this.#kept[0] = first.subarray(sent);
        return false;
      }
      this.#kept.shift();
    }
    if (this.#ending) this.#socket.end();
    return !this.#ending;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (!this.#kept) this.#socket.end();
  }

  destroy(): void {
    this.#kept = undefined;
    this.#socket.terminate();
  }
}

export async function listenOnBun<State>(
  options: ListenOptions,
  handlers: TransportHandlers<State>,
): Promise<TransportListener> {
  try {
    return toListener(open(options, handlers));
  } catch (cause) {
    throw new Fault('cloudhub/port-unavailable', `can not listen on ${options.hostname}:${options.port}`, {
      cause,
      hint: 'end the program that uses the port, or choose another with --hub-port',
    });
  }
}

function toListener(listener: TCPSocketListener<unknown>): TransportListener {
  return { port: listener.port, stop: () => listener.stop(false) };
}

function open<State>(options: ListenOptions, handlers: TransportHandlers<State>) {
  return Bun.listen<BunSocket<State>>({
    hostname: options.hostname,
    port: options.port,
    // Known to the runtime, not to its types.
    ...({ reusePort: options.reusePort } as object),
    tls: {
      cert: options.certificate,
      key: options.key,
      ca: options.clientAuthority,
      requestCert: true,
      rejectUnauthorized: true,
      // The types ask for a name, the runtime for the number.
      ...({ minVersion: tls12 } as object),
    },
    socket: {
      binaryType: 'buffer',
      open(socket) {
        socket.data = new BunSocket<State>(socket);
        socket.timeout(Math.ceil(options.handshakeTimeoutMs / 1000));
      },
      handshake(socket, success, error) {
        if (!success || !socket.authorized) {
          handlers.onRefused(error?.message ?? 'the TLS handshake failed');
          socket.terminate();
          return;
        }
        socket.timeout(0);
        socket.data.state = handlers.onOpen(socket.data);
      },
      data(socket, data) {
        if (socket.data.state !== undefined) handlers.onData(socket.data.state, data);
      },
      drain(socket) {
        const { state } = socket.data;
        if (socket.data.flush() && state !== undefined) handlers.onDrain(state);
      },
      timeout(socket) {
        if (socket.data.state !== undefined) return;
        handlers.onRefused('the TLS handshake took too long');
        socket.terminate();
      },
      close(socket) {
        const { state } = socket.data;
        socket.data.state = undefined;
        if (state !== undefined) handlers.onClose(state);
      },
      error(socket, error) {
        handlers.onError(error);
        socket.terminate();
      },
    },
  });
}
