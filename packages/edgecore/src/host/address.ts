// The address of this machine on its way to another: what the node reports as its own.

import { networkInterfaces } from 'node:os';
import { isLoopback } from '@selvedge/kubernetes';
import { parseEndpoint } from '../config.ts';
import { routeAddress } from './route-address.ts';

/**
 * The local address that packets to `endpoint` (HOST:PORT) would carry; nothing is sent. Where that is loopback, or there is no
 * way there now, the first address of the machine that is not.
 */
export async function addressTowards(endpoint: string): Promise<string> {
  const { host, port } = parseEndpoint(endpoint);
  const found = await routeAddress(host, port);
  return found === undefined || isLoopback(found) ? (firstAddress() ?? found ?? '127.0.0.1') : found;
}

function firstAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}
