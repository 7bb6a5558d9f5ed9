// How CloudHub takes connections: mutual TLS on a port, bytes both ways. Two implementations, one contract (listener.test.ts).

/** One connection whose client has shown a certificate of the hub's CA. Identity by reference. */
export interface TransportSocket {
  /** Sends the bytes, keeping what does not go out at once; nothing happens once the socket is closed. */
  write(data: Uint8Array): void;
  /** Bytes kept back because the other end does not read fast enough. */
  readonly bufferedBytes: number;
  /** Stops and restarts reading. */
  pause(): void;
  resume(): void;
  /** Sends what is kept, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  readonly remoteAddress: string;
  /** The client's certificate, DER. */
  peerCertificate(): Buffer | undefined;
}

/** One set of functions for all connections of a listener: a connection costs no closures. */
export interface TransportHandlers<State> {
  /** The TLS handshake is done and the client's certificate is good. What it returns comes back in every other call. */
  onOpen(socket: TransportSocket): State;
  /** Bytes, which the receiver may keep and change. */
  onData(state: State, data: Buffer): void;
  /** All kept bytes are out. */
  onDrain(state: State): void;
  /** Called once for each opened connection, last. */
  onClose(state: State): void;
  /** A connection that ended before `onOpen`: no certificate, a wrong one, not TLS, too slow. */
  onRefused(why: string): void;
  /** A connection broke, or a handler threw; the connection closes and `onClose` follows. */
  onError(error: Error): void;
}

export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  /** PEM: the server's certificate and key, and the CA of the clients. */
  readonly certificate: string;
  readonly key: string;
  readonly clientAuthority: string;
  readonly handshakeTimeoutMs: number;
  /** Several processes listen on the port, the kernel spreads connections over them. */
  readonly reusePort: boolean;
}

export interface TransportListener {
  readonly port: number;
  /** Takes no more connections; those that are open stay. */
  stop(): void;
}

export type Listen = <State>(
  options: ListenOptions,
  handlers: TransportHandlers<State>,
) => Promise<TransportListener>;
