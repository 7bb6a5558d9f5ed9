// Many byte streams over one connection, as a pure state machine that both ends use: feed it frames and calls, carry out the
// actions it returns. Credit bounds what a slow reader makes the other end send, a queue limit what a fast writer keeps here.

import {
  decodeStreamFrame,
  encodeCredit,
  encodeStreamFrame,
  initialStreamWindowBytes,
  maxStreamDataBytes,
  maxStreamReasonBytes,
  streamFrameKind,
} from './stream-frame.ts';

export interface StreamMultiplexerOptions {
  /** The cloud opens streams, the edge accepts them. */
  readonly role: 'opener' | 'acceptor';
  readonly maxStreams?: number;
  /** Bytes that wait for credit, per stream; a writer that ignores `writable` and goes beyond is reset. */
  readonly maxQueuedBytes?: number;
}

export type StreamAction =
  /** Send this as one binary frame. */
  | { readonly kind: 'send'; readonly frame: Buffer }
  | { readonly kind: 'opened'; readonly streamId: number }
  /** Bytes for the local reader, who gives them back with `consumed`. A view: copy to keep. */
  | { readonly kind: 'data'; readonly streamId: number; readonly data: Buffer }
  /** The other end sends no more. */
  | { readonly kind: 'ended'; readonly streamId: number }
  /** Queued bytes are gone: the local writer may go on. */
  | { readonly kind: 'drained'; readonly streamId: number }
  /** The stream is over and forgotten; with a reason when it was broken off. */
  | { readonly kind: 'closed'; readonly streamId: number; readonly reason: string | undefined };

interface Stream {
  sendCredit: number;
  /** What the other end may still send. */
  receiveCredit: number;
  /** Consumed, but not yet given back: credit travels in halves of the window. */
  owedCredit: number;
  queue: Buffer[];
  queuedBytes: number;
  localEnded: boolean;
  localEndSent: boolean;
  remoteEnded: boolean;
}

const maxCredit = 0x7fff_ffff;

export class StreamMultiplexer {
  readonly #options: Required<StreamMultiplexerOptions>;
  readonly #streams = new Map<number, Stream>();
  #actions: StreamAction[] = [];
  #lastId = 0;

  constructor(options: StreamMultiplexerOptions) {
    this.#options = { maxStreams: 256, maxQueuedBytes: 1024 * 1024, ...options };
  }

  get size(): number {
    return this.#streams.size;
  }

  /** The actions since the last call, in order. */
  take(): StreamAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  /** A new stream's id; undefined when there are as many as allowed. */
  open(): number | undefined {
    if (this.#streams.size >= this.#options.maxStreams || this.#lastId >= maxCredit) return undefined;
    const streamId = ++this.#lastId;
    this.#streams.set(streamId, newStream());
    this.#send(encodeStreamFrame(streamFrameKind.open, streamId));
    return streamId;
  }

  /** Sends or queues bytes (copied when queued); false when the writer should wait for `drained`. */
  write(streamId: number, data: Uint8Array): boolean {
    const stream = this.#streams.get(streamId);
    if (!stream || stream.localEnded) return false;
    if (stream.queuedBytes + data.length > this.#options.maxQueuedBytes + stream.sendCredit) {
      this.reset(streamId, 'the writer does not wait for the reader');
      return false;
    }
    if (data.length > 0) {
      stream.queue.push(Buffer.from(data));
      stream.queuedBytes += data.length;
    }
    this.#flush(streamId, stream);
    return stream.queuedBytes === 0;
  }

  end(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (!stream || stream.localEnded) return;
    stream.localEnded = true;
    this.#flush(streamId, stream);
  }

  reset(streamId: number, reason: string): void {
    if (!this.#streams.delete(streamId)) return;
    const text = Buffer.from(reason, 'utf8').subarray(0, maxStreamReasonBytes);
    this.#send(encodeStreamFrame(streamFrameKind.reset, streamId, text));
    this.#actions.push({ kind: 'closed', streamId, reason });
  }

  /** The local reader has dealt with bytes from `data` actions. */
  consumed(streamId: number, bytes: number): void {
    const stream = this.#streams.get(streamId);
    if (!stream || stream.remoteEnded) return;
    stream.owedCredit += bytes;
    if (stream.owedCredit < initialStreamWindowBytes / 2) return;
    this.#send(encodeCredit(streamId, stream.owedCredit));
    stream.receiveCredit += stream.owedCredit;
    stream.owedCredit = 0;
  }

  /** The connection is gone: every stream ends with this reason. */
  abort(reason: string): void {
    for (const streamId of this.#streams.keys()) this.#actions.push({ kind: 'closed', streamId, reason });
    this.#streams.clear();
  }

  /** Takes a frame from the other end; a text when it breaks the protocol, which must end the connection. */
  receive(bytes: Buffer): string | undefined {
    const frame = decodeStreamFrame(bytes);
    if (!frame) return 'a stream frame is malformed';
    if (frame.kind === streamFrameKind.open) return this.#accept(frame.streamId);
    const stream = this.#streams.get(frame.streamId);
    // Frames cross on the way: the other end may not know yet that the stream is over here.
    if (!stream)
      return frame.streamId > this.#lastId ? 'a frame names a stream that was never opened' : undefined;
    switch (frame.kind) {
      case streamFrameKind.data:
        return this.#receiveData(frame.streamId, stream, frame.payload);
      case streamFrameKind.credit:
        return this.#receiveCredit(frame.streamId, stream, frame.payload.readUInt32BE(0));
      case streamFrameKind.close:
        if (stream.remoteEnded) return 'a stream was closed twice';
        stream.remoteEnded = true;
        this.#actions.push({ kind: 'ended', streamId: frame.streamId });
        this.#closeWhenDone(frame.streamId, stream);
        return undefined;
      case streamFrameKind.reset:
        this.#streams.delete(frame.streamId);
        this.#actions.push({
          kind: 'closed',
          streamId: frame.streamId,
          reason: frame.payload.toString('utf8') || 'reset by the other end',
        });
        return undefined;
    }
  }

  #accept(streamId: number): string | undefined {
    if (this.#options.role !== 'acceptor') return 'only the cloud opens streams';
    if (streamId <= this.#lastId) return 'a stream id was used twice';
    this.#lastId = streamId;
    if (this.#streams.size >= this.#options.maxStreams) {
      const reason = Buffer.from('too many streams are open');
      this.#send(encodeStreamFrame(streamFrameKind.reset, streamId, reason));
      return undefined;
    }
    this.#streams.set(streamId, newStream());
    this.#actions.push({ kind: 'opened', streamId });
    return undefined;
  }

  #receiveData(streamId: number, stream: Stream, data: Buffer): string | undefined {
    if (stream.remoteEnded) return 'bytes came after the end of a stream';
    if (data.length > stream.receiveCredit) return 'a stream sent more than its credit';
    stream.receiveCredit -= data.length;
    if (data.length > 0) this.#actions.push({ kind: 'data', streamId, data });
    return undefined;
  }

  #receiveCredit(streamId: number, stream: Stream, bytes: number): string | undefined {
    if (stream.sendCredit + bytes > maxCredit) return 'a stream was given impossible credit';
    stream.sendCredit += bytes;
    const waited = stream.queuedBytes > 0;
    this.#flush(streamId, stream);
    if (waited && stream.queuedBytes === 0 && !stream.localEnded)
      this.#actions.push({ kind: 'drained', streamId });
    return undefined;
  }

  #flush(streamId: number, stream: Stream): void {
    while (stream.queuedBytes > 0 && stream.sendCredit > 0) {
      const first = stream.queue[0] ?? Buffer.alloc(0);
      const length = Math.min(first.length, stream.sendCredit, maxStreamDataBytes);
      this.#send(encodeStreamFrame(streamFrameKind.data, streamId, first.subarray(0, length)));
      if (length === first.length) stream.queue.shift();
      else stream.queue[0] = first.subarray(length);
      stream.queuedBytes -= length;
      stream.sendCredit -= length;
    }
    if (stream.localEnded && stream.queuedBytes === 0 && !stream.localEndSent) {
      stream.localEndSent = true;
      this.#send(encodeStreamFrame(streamFrameKind.close, streamId));
      this.#closeWhenDone(streamId, stream);
    }
  }

  #closeWhenDone(streamId: number, stream: Stream): void {
    if (!stream.remoteEnded || !stream.localEndSent) return;
    this.#streams.delete(streamId);
    this.#actions.push({ kind: 'closed', streamId, reason: undefined });
  }

  #send(frame: Buffer): void {
    this.#actions.push({ kind: 'send', frame });
  }
}

function newStream(): Stream {
  return {
    sendCredit: initialStreamWindowBytes,
    receiveCredit: initialStreamWindowBytes,
    owedCredit: 0,
    queue: [],
    queuedBytes: 0,
    localEnded: false,
    localEndSent: false,
    remoteEnded: false,
  };
}
