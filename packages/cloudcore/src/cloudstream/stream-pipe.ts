// Joins a caller's socket and a stream to a node: bytes both ways, each end at the pace of the other, and each half closed alone.

import type { Socket } from 'node:net';
import type { NodeStream } from '../cloudhub/hub.ts';

export interface PipeResult {
  /** Undefined when both ends were done. */
  readonly reason: string | undefined;
  readonly bytesFromNode: number;
  readonly bytesToNode: number;
}

const endedUnanswered = 'it ended the stream without an answer';

/** Resolves when the stream is over. The socket is ended with it, unless nothing came from the node: then that is for whoever called to say. */
export function pipeStream(
  socket: Socket,
  stream: NodeStream,
  first: readonly Uint8Array[],
): Promise<PipeResult> {
  return new Promise((resolve) => {
    let bytesFromNode = 0;
    let bytesToNode = 0;
    let over = false;
    stream.onData = (data) => {
      bytesFromNode += data.length;
      const bytes = data.length;
      // The node may send more as fast as the caller takes it.
      socket.write(data, () => {
        if (!over) stream.consumed(bytes);
      });
    };
    stream.onDrain = () => socket.resume();
    const finish = (reason: string | undefined) => {
      if (over) return;
      over = true;
      if (bytesFromNode > 0) {
        if (reason === undefined) socket.end();
        else socket.destroy();
      }
      resolve({ reason, bytesFromNode, bytesToNode });
    };
    stream.onEnd = () => {
      if (bytesFromNode > 0) {
        socket.end();
        return;
      }
      // No answer will come any more, however long the caller holds its half open.
      finish(endedUnanswered);
      stream.reset(endedUnanswered);
    };
    stream.onClose = finish;
    const send = (data: Uint8Array) => {
      bytesToNode += data.length;
      if (!stream.write(data)) socket.pause();
    };
    socket.on('data', (data: Buffer) => {
      if (!over) send(data);
    });
    socket.on('end', () => {
      if (!over) stream.end();
    });
    socket.on('error', () => {
      if (!over) stream.reset('the caller is gone');
    });
    socket.on('close', () => {
      if (!over) stream.reset('the caller closed the connection');
    });
    for (const data of first) if (data.length > 0) send(data);
    socket.resume();
  });
}
