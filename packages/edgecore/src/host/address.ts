// The address of this machine on its way to another: what the node reports as its own.

import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { parseEndpoint } from '../config.ts';

/**
 * The local address that packets to `endpoint` (HOST:PORT) would carry; nothing is sent. Where that is loopback, or there is no
 * way there now, the first address of the machine that is not.
 */
export async function addressTowards(endpoint: string): Promise<string> {
  const found = await routeAddress(endpoint);
  return found === undefined || isLoopback(found) ? (firstAddress() ?? found ?? '127.0.0.1') : found;
}

function routeAddress(endpoint: string): Promise<string | undefined> {
  const { host, port } = parseEndpoint(endpoint);
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    const finish = (address: string | undefined) => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => finish(undefined));
    socket.connect(port, host, () => finish(socket.address().address));
  });
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

function firstAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}
