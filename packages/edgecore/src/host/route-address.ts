// The address that packets to a host would carry, as the kernel decides for a connected UDP socket; nothing is sent. By Bun's own
// socket where there is one, which is half a MiB less than `node:dgram`.

/** Undefined where there is no way to the host now, or no such host. */
export function routeAddress(host: string, port: number): Promise<string | undefined> {
  return typeof Bun === 'undefined' ? routeAddressByNode(host, port) : routeAddressByBun(host, port);
}

export async function routeAddressByBun(host: string, port: number): Promise<string | undefined> {
  // Unless it is bound to an address of IPv6, the socket is one of IPv4.
  const own = host.includes(':') ? { hostname: '::' } : {};
  try {
    const socket = await Bun.udpSocket({ ...own, connect: { hostname: host, port } });
    const { address } = socket.address;
    socket.close();
    return connected(address);
  } catch {
    return undefined;
  }
}

export async function routeAddressByNode(host: string, port: number): Promise<string | undefined> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    const finish = (address: string | undefined) => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => finish(undefined));
    // This is called for a name that is not found, too.
    socket.connect(port, host, () => finish(connected(socket.address().address)));
  });
}

/** A socket that is connected to nobody has the address of nobody. */
function connected(address: string): string | undefined {
  return address === '0.0.0.0' || address === '::' ? undefined : address;
}
