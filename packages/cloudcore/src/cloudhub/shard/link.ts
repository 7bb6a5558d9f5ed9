// One end of the socket between a shard and the core: gathers records into one write per turn of the event loop,
// and says when the other end does not keep up.

import type { Socket } from 'node:net';
import { type LinkRecord, RecordReader } from './record.ts';

/** What may wait, for the next write and in the socket, before the link counts as congested. */
const congestedBytes = 16 * 1024 * 1024;

export interface LinkHandlers {
  onRecord(record: LinkRecord): void;
  /** The other end reads again. */
  onRelieved(): void;
  onClose(error: Error | undefined): void;
}

export class Link {
  readonly #socket: Socket;
  readonly #handlers: LinkHandlers;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #scheduled = false;
  #congested = false;

  constructor(socket: Socket, handlers: LinkHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    const reader = new RecordReader();
    let failure: Error | undefined;
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk, handlers.onRecord);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on('drain', () => this.#relieve());
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => handlers.onClose(failure));
  }

  get congested(): boolean {
    return this.#congested;
  }

  send(record: Uint8Array): void {
    this.#batch.push(record);
    this.#batchBytes += record.length;
    if (this.#batchBytes > congestedBytes) this.#congested = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#batch.length === 0 || this.#socket.destroyed) return;
    const bytes = Buffer.concat(this.#batch, this.#batchBytes);
    this.#batch = [];
    this.#batchBytes = 0;
    const drainFollows = !this.#socket.write(bytes);
    if (this.#socket.writableLength > congestedBytes) this.#congested = true;
    else if (!drainFollows) this.#relieve();
  }

  #relieve(): void {
    if (!this.#congested) return;
    this.#congested = false;
    this.#handlers.onRelieved();
  }

  close(): void {
    this.flush();
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
