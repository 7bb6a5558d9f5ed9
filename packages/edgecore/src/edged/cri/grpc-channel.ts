// Calls over gRPC on a Unix socket: unary calls and server streams, each with a deadline; reconnects by itself.

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { type Clock, Fault, type FaultCode } from '@selvedge/base';

export interface GrpcChannelOptions {
  readonly socketPath: string;
  readonly clock: Clock;
  /** A longer answer fails the call before it is buffered whole. */
  readonly maxMessageBytes?: number;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const defaultMaxMessageBytes = 16 << 20;
const framePrefixBytes = 5;

/** gRPC's status codes by number, as Go prints them, and our own code for each. */
const statuses: readonly (readonly [name: string, code: FaultCode])[] = [
  ['OK', 'runtime/ok'],
  ['Canceled', 'runtime/canceled'],
  ['Unknown', 'runtime/unknown'],
  ['InvalidArgument', 'runtime/invalid-argument'],
  ['DeadlineExceeded', 'runtime/deadline-exceeded'],
  ['NotFound', 'runtime/not-found'],
  ['AlreadyExists', 'runtime/already-exists'],
  ['PermissionDenied', 'runtime/permission-denied'],
  ['ResourceExhausted', 'runtime/resource-exhausted'],
  ['FailedPrecondition', 'runtime/failed-precondition'],
  ['Aborted', 'runtime/aborted'],
  ['OutOfRange', 'runtime/out-of-range'],
  ['Unimplemented', 'runtime/unimplemented'],
  ['Internal', 'runtime/internal'],
  ['Unavailable', 'runtime/unavailable'],
  ['DataLoss', 'runtime/data-loss'],
  ['Unauthenticated', 'runtime/unauthenticated'],
];
const retryable = new Set(['DeadlineExceeded', 'ResourceExhausted', 'Aborted', 'Unavailable']);

/** A failed call, worded as Go's gRPC words it; the status is in the code: `runtime/not-found`, `runtime/unknown`, … */
export function grpcFault(status: number, description: string, cause?: unknown): Fault {
  const [name, code] = statuses[status] ?? [`Code(${status})`, 'runtime/unknown' as const];
  return new Fault(code, `rpc error: code = ${name} desc = ${description}`, {
    cause,
    retryable: retryable.has(name),
  });
}

/** The server's own words of a failed call. */
export function grpcDescription(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^rpc error: code = \S+ desc = /, '');
}

export class GrpcChannel {
  readonly #options: Required<GrpcChannelOptions>;
  #session: ClientHttp2Session | undefined;
  #closed = false;

  constructor(options: GrpcChannelOptions) {
    this.#options = { maxMessageBytes: defaultMaxMessageBytes, ...options };
  }

  async unary(path: string, request: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    let answer: Uint8Array | undefined;
    await this.stream(path, request, {
      ...options,
      onMessage: (message) => {
        answer = message;
      },
    });
    return answer ?? new Uint8Array(0);
  }

  /** Resolves when the server ends the stream with status OK, rejects with a fault of its status else. */
  stream(
    path: string,
    request: Uint8Array,
    options: CallOptions & {
      readonly onMessage: (message: Uint8Array) => void;
      readonly onOpen?: () => void;
    },
  ): Promise<void> {
    if (this.#closed) return Promise.reject(grpcFault(1, 'the channel is closed'));
    if (options.signal?.aborted) return Promise.reject(grpcFault(1, 'context canceled'));
    let stream: ClientHttp2Stream;
    try {
      stream = this.#connected().request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: path,
        [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
        [constants.HTTP2_HEADER_TE]: 'trailers',
        ...(options.timeoutMs !== undefined && { 'grpc-timeout': `${Math.ceil(options.timeoutMs)}m` }),
      });
    } catch (cause) {
      this.#session = undefined;
      return Promise.reject(this.#unavailable(cause));
    }
    stream.end(frame(request));
    return this.#finished(stream, options);
  }

  close(): void {
    this.#closed = true;
    this.#session?.destroy();
    this.#session = undefined;
  }

  #connected(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const { socketPath } = this.#options;
    const session = connect('http://localhost', { createConnection: () => connectSocket(socketPath) });
    const forget = () => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on('close', forget);
    session.on('goaway', forget);
    session.on('error', forget); // each call on it fails with its own error
    this.#session = session;
    return session;
  }

  #finished(
    stream: ClientHttp2Stream,
    options: CallOptions & {
      readonly onMessage: (message: Uint8Array) => void;
      readonly onOpen?: () => void;
    },
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const frames = new FrameReader(this.#options.maxMessageBytes, options.onMessage);
      let status: { code: number; message: string } | undefined;
      let failure: Fault | undefined;
      const fail = (fault: Fault) => {
        failure ??= fault;
        stream.close(constants.NGHTTP2_CANCEL);
        settle();
      };
      const cancel = () => fail(grpcFault(1, 'context canceled'));
      const { clock } = this.#options;
      const timer =
        options.timeoutMs === undefined
          ? undefined
          : clock.after(options.timeoutMs, () => fail(grpcFault(4, 'context deadline exceeded')));
      options.signal?.addEventListener('abort', cancel, { once: true });
      const settle = () => {
        timer?.cancel();
        options.signal?.removeEventListener('abort', cancel);
        if (failure) reject(failure);
        else if (!status) reject(this.#unavailable(undefined));
        else if (status.code !== 0) reject(grpcFault(status.code, status.message));
        else resolve();
      };
      const readStatus = (headers: Record<string, unknown>) => {
        const code = headers['grpc-status'];
        if (code === undefined) return;
        status = { code: Number(code), message: percentDecode(String(headers['grpc-message'] ?? '')) };
      };
      stream.on('response', (headers) => {
        readStatus(headers);
        options.onOpen?.();
      });
      stream.on('trailers', readStatus);
      stream.on('data', (chunk: Uint8Array) => {
        if (!frames.push(chunk)) fail(grpcFault(8, 'the answer is larger than this client accepts'));
      });
      stream.on('error', (cause) => {
        failure ??= this.#unavailable(cause);
      });
      stream.on('close', settle);
    });
  }

  #unavailable(cause: unknown): Fault {
    return grpcFault(14, `connection to ${this.#options.socketPath} failed`, cause);
  }
}

function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(framePrefixBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, framePrefixBytes);
  return framed;
}

/** Cuts gRPC's length-prefixed messages out of a byte stream; refuses compressed and oversized ones. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #onMessage: (message: Uint8Array) => void;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  /** Bytes to wait for before anything more can be read. */
  #needed = framePrefixBytes;

  constructor(maxBytes: number, onMessage: (message: Uint8Array) => void) {
    this.#maxBytes = maxBytes;
    this.#onMessage = onMessage;
  }

  /** False when the stream can not be read any further. */
  push(chunk: Uint8Array): boolean {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    while (this.#buffered >= this.#needed) {
      const buffer =
        this.#chunks.length === 1 ? Buffer.from(this.#chunks[0] ?? []) : Buffer.concat(this.#chunks);
      const length = buffer.readUInt32BE(1);
      if (buffer[0] !== 0 || length > this.#maxBytes) return false;
      this.#chunks = [buffer];
      this.#needed = framePrefixBytes + length;
      if (this.#buffered < this.#needed) return true;
      this.#onMessage(buffer.subarray(framePrefixBytes, framePrefixBytes + length));
      this.#buffered -= this.#needed;
      this.#needed = framePrefixBytes;
      this.#chunks = this.#buffered > 0 ? [buffer.subarray(framePrefixBytes + length)] : [];
    }
    return true;
  }
}

/** gRPC's messages escape bytes outside printable ASCII. */
function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
