// EdgeStream: each stream that the cloud opens becomes one connection to the node's kubelet endpoint, both ways, at the pace
// of the slower end.

import { createConnection, type Socket } from 'node:net';
import { describeError, type Logger } from '@selvedge/base';
import { initialStreamWindowBytes, type StreamAction, StreamMultiplexer } from '@selvedge/wire';

export interface StreamLink {
  sendBinary(payload: Buffer): void;
  /** The other end broke the rules: ends the connection. */
  fail(reason: string): void;
}

export interface EdgeStreamOptions {
  /** Resolves with the kubelet endpoint's Unix socket. */
  readonly openEndpoint: () => Promise<string>;
  readonly maxStreams: number;
  readonly logger: Logger;
  readonly connect?: (path: string) => Socket;
}

export class EdgeStream implements Disposable {
  readonly #options: EdgeStreamOptions;
  readonly #sockets = new Map<number, Socket>();
  /** What came for streams whose endpoint is still starting; no more than a stream's window each. */
  readonly #early = new Map<number, StreamAction[]>();
  #multiplexer: StreamMultiplexer | undefined;
  #link: StreamLink | undefined;

  constructor(options: EdgeStreamOptions) {
    this.#options = options;
  }

  get streams(): number {
    return this.#sockets.size;
  }

  linkUp(link: StreamLink): void {
    this.linkDown();
    this.#link = link;
    this.#multiplexer = new StreamMultiplexer({
      role: 'acceptor',
      maxStreams: this.#options.maxStreams,
      maxQueuedBytes: initialStreamWindowBytes,
    });
  }

  /** Every stream ends with the connection that carried it. */
  linkDown(): void {
    this.#link = undefined;
    this.#multiplexer = undefined;
    for (const socket of this.#sockets.values()) socket.destroy();
    this.#sockets.clear();
    this.#early.clear();
  }

  receive(payload: Buffer): void {
    const violation = this.#multiplexer?.receive(payload);
    if (violation === undefined) this.#act();
    else this.#link?.fail(violation);
  }

  [Symbol.dispose](): void {
    this.linkDown();
  }

  #act(): void {
    for (const action of this.#multiplexer?.take() ?? []) this.#perform(action);
  }

  #perform(action: StreamAction): void {
    switch (action.kind) {
      case 'send':
        this.#link?.sendBinary(action.frame);
        break;
      case 'opened':
        this.#accept(action.streamId);
        break;
      case 'data':
        this.#deliver(action.streamId, action.data);
        break;
      case 'ended':
        this.#endInput(action);
        break;
      case 'drained':
        this.#sockets.get(action.streamId)?.resume();
        break;
      case 'closed':
        this.#close(action.streamId, action.reason);
        break;
    }
  }

  #accept(streamId: number): void {
    const early: StreamAction[] = [];
    this.#early.set(streamId, early);
    // The stream may be closed, or be another one of another link, when the endpoint has started.
    const isOpen = () => this.#early.get(streamId) === early;
    this.#options.openEndpoint().then(
      (path) => {
        if (!isOpen()) return;
        this.#early.delete(streamId);
        this.#connect(streamId, path);
        for (const action of early) this.#perform(action);
        this.#act();
      },
      (error) => {
        this.#options.logger.warn('kubelet endpoint does not start', { error: describeError(error) });
        if (isOpen()) this.#reset(streamId, 'the node is not ready for streams');
      },
    );
  }

  #endInput(action: StreamAction & { readonly kind: 'ended' }): void {
    const early = this.#early.get(action.streamId);
    if (early) early.push(action);
    else this.#sockets.get(action.streamId)?.end();
  }

  #connect(streamId: number, path: string): void {
    // The link may be another one when the socket calls back.
    const multiplexer = this.#multiplexer;
    const onThisLink = (action: (multiplexer: StreamMultiplexer) => void) => {
      if (!multiplexer || multiplexer !== this.#multiplexer) return;
      action(multiplexer);
      this.#act();
    };
    const socket = (this.#options.connect ?? connectHalfOpen)(path);
    this.#sockets.set(streamId, socket);
    socket.on('data', (data: Buffer) =>
      onThisLink((on) => {
        if (!on.write(streamId, data)) socket.pause();
      }),
    );
    socket.on('end', () => onThisLink((on) => on.end(streamId)));
    socket.on('error', (error) => {
      this.#options.logger.debug('stream broke off', { streamId, error: error.message });
      onThisLink((on) => on.reset(streamId, error.message));
    });
    socket.on('close', () => {
      if (this.#sockets.get(streamId) === socket)
        onThisLink((on) => on.reset(streamId, 'the connection on the node was closed'));
    });
  }

  #deliver(streamId: number, data: Buffer): void {
    const early = this.#early.get(streamId);
    if (early) {
      early.push({ kind: 'data', streamId, data: Buffer.from(data) });
      return;
    }
    const multiplexer = this.#multiplexer;
    const { length } = data;
    // Written bytes are given back when the kernel has them: that is what slows a fast sender down.
    this.#sockets.get(streamId)?.write(Buffer.from(data), () => {
      if (multiplexer !== this.#multiplexer) return;
      multiplexer?.consumed(streamId, length);
      this.#act();
    });
  }

  #close(streamId: number, reason: string | undefined): void {
    const socket = this.#sockets.get(streamId);
    this.#sockets.delete(streamId);
    this.#early.delete(streamId);
    if (reason === undefined) socket?.destroySoon();
    else socket?.destroy();
  }

  #reset(streamId: number, reason: string): void {
    this.#early.delete(streamId);
    this.#multiplexer?.reset(streamId, reason);
    this.#act();
  }
}

/** The other end may have no more to say and still listen: `kubectl exec` closes its standard input this way. */
function connectHalfOpen(path: string): Socket {
  return createConnection({ path, allowHalfOpen: true });
}
