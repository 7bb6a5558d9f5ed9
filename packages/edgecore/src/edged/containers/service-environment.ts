// The environment variables by which containers find services without DNS.

import type { Service } from '@selvedge/kubernetes';

/** As Docker's links had them: host and port of each service, and of each of its ports. */
export function serviceEnvironment(services: readonly Service[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const service of services) {
    const { clusterIP = '', ports = [] } = service.spec ?? {};
    const [first] = ports;
    if (clusterIP === '' || clusterIP === 'None' || !first) continue;
    const prefix = (service.metadata?.name ?? '').toUpperCase().replaceAll('-', '_');
    variables.set(`${prefix}_SERVICE_HOST`, clusterIP);
    variables.set(`${prefix}_SERVICE_PORT`, String(first.port));
    for (const port of ports) {
      if (port.name) {
        const name = port.name.toUpperCase().replaceAll('-', '_');
        variables.set(`${prefix}_SERVICE_PORT_${name}`, String(port.port));
      }
    }
    const url = (protocol: string, port: number) => `${protocol.toLowerCase()}://${host(clusterIP)}:${port}`;
    variables.set(`${prefix}_PORT`, url(first.protocol ?? 'TCP', first.port));
    for (const { protocol = 'TCP', port } of ports) {
      const portPrefix = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
      variables.set(portPrefix, url(protocol, port));
      variables.set(`${portPrefix}_PROTO`, protocol.toLowerCase());
      variables.set(`${portPrefix}_PORT`, String(port));
      variables.set(`${portPrefix}_ADDR`, clusterIP);
    }
  }
  return variables;
}

function host(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
