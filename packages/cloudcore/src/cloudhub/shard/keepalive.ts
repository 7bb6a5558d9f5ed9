// Tells a keepalive from other messages without the core: they are a third of all traffic and mean nothing to it.

import { decodeMessage, operation } from '@selvedge/wire';

/** A keepalive has about 200 bytes; what is larger is none. */
const maxKeepaliveBytes = 512;
const marker = Buffer.from(`"${operation.keepalive}"`);

export function isKeepalive(payload: Buffer): boolean {
  if (payload.length > maxKeepaliveBytes || !payload.includes(marker)) return false;
  try {
    return decodeMessage(payload).route.operation === operation.keepalive;
  } catch {
    // Not a message at all: the core says so.
    return false;
  }
}
