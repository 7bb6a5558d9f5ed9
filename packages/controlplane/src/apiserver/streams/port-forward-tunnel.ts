// Carries kubectl's port-forward over WebSocket: its binary messages are the bytes of a SPDY connection to the node.
// Source: Kubernetes KEP-4006 (subprotocol SPDY/3.1+portforward.k8s.io).

import type { Duplex } from 'node:stream';
import { type MessagePeer, write } from './remote-command.ts';

export const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';

/** Resolves when either side has ended and both are closed. */
export async function tunnelPortForward(peer: MessagePeer, upstream: Duplex): Promise<void> {
  const up = async () => {
    for await (const message of peer.messages) await write(upstream, message);
  };
  const down = async () => {
    for await (const chunk of upstream as AsyncIterable<Uint8Array>) await peer.send(chunk);
  };
  try {
    await Promise.race([up(), down()]);
    peer.close(1000, '');
  } catch {
    peer.close(1011, 'the connection to the node was lost');
  } finally {
    upstream.destroy();
  }
}
