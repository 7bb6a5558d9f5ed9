// The streams of one session: carries out what the multiplexer decides and gives each stream its callbacks.

import { Fault } from '@selvedge/base';
import { type StreamAction, StreamMultiplexer } from '@selvedge/wire';
import type { NodeStream } from './hub.ts';

const ignore = () => undefined;

class Stream implements NodeStream {
  onData: (data: Uint8Array) => void = ignore;
  onDrain: () => void = ignore;
  onEnd: () => void = ignore;
  onClose: (reason: string | undefined) => void = ignore;
  readonly #owner: SessionStreams;
  readonly #id: number;

  constructor(owner: SessionStreams, id: number) {
    this.#owner = owner;
    this.#id = id;
  }

  write(data: Uint8Array): boolean {
    return this.#owner.perform((multiplexer) => multiplexer.write(this.#id, data));
  }

  end(): void {
    this.#owner.perform((multiplexer) => multiplexer.end(this.#id));
  }

  reset(reason: string): void {
    this.#owner.perform((multiplexer) => multiplexer.reset(this.#id, reason));
  }

  consumed(bytes: number): void {
    this.#owner.perform((multiplexer) => multiplexer.consumed(this.#id, bytes));
  }
}

export class SessionStreams {
  readonly #multiplexer = new StreamMultiplexer({ role: 'opener' });
  readonly #streams = new Map<number, Stream>();
  readonly #sendFrame: (frame: Buffer) => void;

  constructor(sendFrame: (frame: Buffer) => void) {
    this.#sendFrame = sendFrame;
  }

  open(): NodeStream {
    const id = this.#multiplexer.open();
    if (id === undefined) {
      throw new Fault('cloudhub/too-many-streams', 'the node has as many streams open as it may', {
        retryable: true,
      });
    }
    const stream = new Stream(this, id);
    this.#streams.set(id, stream);
    this.#carryOut(this.#multiplexer.take());
    return stream;
  }

  /** Takes a binary frame; a text when the node broke the protocol. */
  receive(frame: Buffer): string | undefined {
    return this.perform((multiplexer) => multiplexer.receive(frame));
  }

  abort(reason: string): void {
    this.perform((multiplexer) => multiplexer.abort(reason));
  }

  perform<Result>(action: (multiplexer: StreamMultiplexer) => Result): Result {
    const result = action(this.#multiplexer);
    this.#carryOut(this.#multiplexer.take());
    return result;
  }

  #carryOut(actions: readonly StreamAction[]): void {
    for (const action of actions) {
      if (action.kind === 'send') {
        this.#sendFrame(action.frame);
        continue;
      }
      const stream = this.#streams.get(action.streamId);
      if (action.kind === 'closed') this.#streams.delete(action.streamId);
      if (stream) notify(stream, action);
    }
  }
}

function notify(stream: Stream, action: Exclude<StreamAction, { kind: 'send' }>): void {
  switch (action.kind) {
    case 'data':
      stream.onData(action.data);
      break;
    case 'ended':
      stream.onEnd();
      break;
    case 'drained':
      stream.onDrain();
      break;
    case 'closed':
      stream.onClose(action.reason);
      break;
    case 'opened':
      // Only the other end's multiplexer is told so.
      break;
  }
}
