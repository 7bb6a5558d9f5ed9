// A log over a WebSocket, as browsers and some clients read it: its pieces as messages, whole or in base64.

import type { IncomingMessage } from 'node:http';
import type { ApiRequest, UpgradeConnection } from '../api-request.ts';
import { refuse } from '../status-error.ts';
import { acceptWebSocket, type WebSocketPeer } from './web-socket-peer.ts';

const base64Protocol = 'base64.binary.k8s.io';
const protocols = ['binary.k8s.io', base64Protocol];
const normalClosure = 1_000;

export function isWebSocket(
  request: ApiRequest,
): request is ApiRequest & { readonly upgrade: UpgradeConnection } {
  return request.upgrade !== undefined && String(request.headers.upgrade).toLowerCase() === 'websocket';
}

/** Resolves when the log has ended or the client has gone. */
export async function sendByWebSocket(
  request: ApiRequest & { readonly upgrade: UpgradeConnection },
  log: IncomingMessage,
): Promise<void> {
  const offered = String(request.headers['sec-websocket-protocol'] ?? '');
  const protocol = chooseProtocol(offered);
  if (protocol === undefined) {
    log.destroy();
    throw refuse.badRequest(`no supported protocol was offered: ${offered}`);
  }
  const peer = acceptWebSocket(request.upgrade, request.headers, protocol);
  void untilGone(peer).finally(() => log.destroy());
  try {
    for await (const chunk of log as AsyncIterable<Uint8Array>) {
      if (protocol === base64Protocol) await peer.sendText(Buffer.from(chunk).toString('base64'));
      else await peer.send(chunk);
    }
  } catch {
    // The node or the reader has gone: what came, came.
  }
  peer.close(normalClosure, '');
}

/** The first that both know, empty where the client names none. */
function chooseProtocol(offered: string): string | undefined {
  if (offered === '') return '';
  const names = offered.split(',').map((name) => name.trim());
  return names.find((name) => protocols.includes(name));
}

/** The client sends nothing that matters, but its end does. */
async function untilGone(peer: WebSocketPeer): Promise<void> {
  try {
    for await (const _ of peer.messages);
  } catch {
    // Broken off: gone as well.
  }
}
