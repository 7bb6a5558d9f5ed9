// What a server answers to a client's key in the WebSocket handshake (RFC 6455, section 4.2.2): proof that it read the request.

import { createHash } from 'node:crypto';

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export function acceptKeyOf(key: string): string {
  return createHash('sha1').update(`${key}${guid}`).digest('base64');
}
