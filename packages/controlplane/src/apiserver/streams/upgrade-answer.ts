// Reads a node's answer to an upgrade: either the connection is ours from there on, or it says why not.

import type { Duplex } from 'node:stream';
import { refuse } from '../status-error.ts';

const maxHeadBytes = 16 * 1024;
const maxBodyBytes = 64 * 1024;
const headEnd = Buffer.from('\r\n\r\n');

/** Resolves once the protocol is switched, what came after the head put back; rejects with the node's refusal. */
export function readUpgradeAnswer(socket: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const settle = (finish: () => void) => {
      socket.off('data', onData);
      socket.off('close', onClose);
      finish();
    };
    const onClose = () => settle(() => reject(refusal(received)));
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf(headEnd);
      if (end < 0) {
        if (received.length > maxHeadBytes)
          settle(() => reject(refuse.internal('the node answered with no HTTP head')));
        return;
      }
      if (/^HTTP\/1\.[01] 101 /.test(received.toString('latin1', 0, 16))) {
        settle(() => {
          socket.pause();
          const rest = received.subarray(end + headEnd.length);
          if (rest.length > 0) socket.unshift(rest);
          resolve();
        });
      } else if (received.length > maxBodyBytes || isWhole(received, end))
        settle(() => reject(refusal(received)));
    };
    socket.on('data', onData);
    socket.once('close', onClose);
  });
}

function isWhole(received: Buffer, end: number): boolean {
  const length = /content-length: *(\d{1,6})/i.exec(received.toString('latin1', 0, end))?.[1];
  return length !== undefined && received.length >= end + headEnd.length + Number(length);
}

function refusal(received: Buffer): Error {
  const text = received.toString('utf8');
  const code = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
  const body = text.slice(text.indexOf('\r\n\r\n') + 4).trim();
  const message = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body;
  if (code === 400) return refuse.badRequest(message);
  if (code === 503) return refuse.unavailable(message);
  return refuse.internal(message === '' ? 'the node ended the connection' : message);
}
