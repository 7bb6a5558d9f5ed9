// Which endpoints a service has: its selector's pods, seen from the service's ports and address families. Pure.

import { isIPv4 } from 'node:net';
import type { Service, Stored } from '@selvedge/kubernetes';
import { isFinished, type PodRecord } from '../machinery/pod-record.ts';

export interface EndpointPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly targetRef: {
    readonly kind: 'Pod';
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
}

/** Endpoints that share an address family and the same ports. */
export interface EndpointGroup {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly SliceEndpoint[];
}

export type ZoneOf = (nodeName: string) => string | undefined;

export function isHeadless(service: Service): boolean {
  return service.spec?.clusterIP === 'None';
}

export function addressTypesOf(service: Service): Array<'IPv4' | 'IPv6'> {
  const families = service.spec?.ipFamilies ?? [];
  return families.length > 0 ? families.map((family) => (family === 'IPv6' ? 'IPv6' : 'IPv4')) : ['IPv4'];
}

export function desiredGroups(
  service: Stored<Service>,
  pods: readonly PodRecord[],
  zoneOf: ZoneOf,
): EndpointGroup[] {
  const groups = new Map<string, { group: EndpointGroup; endpoints: SliceEndpoint[] }>();
  for (const addressType of addressTypesOf(service)) {
    for (const pod of pods) {
      const address = pod.podIPs.find((ip) => isIPv4(ip) === (addressType === 'IPv4'));
      if (isFinished(pod) || address === undefined) continue;
      const ports = portsOf(service, pod);
      const key = groupKey(addressType, ports);
      const endpoints = groups.get(key)?.endpoints ?? [];
      endpoints.push(endpointOf(service, pod, address, zoneOf));
      groups.set(key, { group: { addressType, ports, endpoints }, endpoints });
    }
  }
  return [...groups.values()].map(({ group }) => group);
}

export function groupKey(addressType: string, ports: readonly EndpointPort[]): string {
  const sorted = ports
    .map((one) => [one.name, one.protocol, one.port, one.appProtocol ?? ''].join('/'))
    .sort();
  return `${addressType} ${sorted.join(' ')}`;
}

function endpointOf(service: Service, pod: PodRecord, address: string, zoneOf: ZoneOf): SliceEndpoint {
  const serving = pod.readySinceMs > 0;
  const terminating = pod.deletedMs > 0;
  const ready = (serving && !terminating) || service.spec?.publishNotReadyAddresses === true;
  const { hostname, subdomain } = pod.shape;
  const zone = zoneOf(pod.nodeName);
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname !== '' && subdomain === service.metadata?.name ? { hostname } : {}),
    ...(pod.nodeName === '' ? {} : { nodeName: pod.nodeName }),
    ...(zone === undefined ? {} : { zone }),
    targetRef: { kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: pod.uid },
  };
}

/** The service's ports as this pod serves them; a port that it names but the pod does not have is left out. */
export function portsOf(service: Service, pod: PodRecord): EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const protocol = port.protocol ?? 'TCP';
    const target = port.targetPort ?? port.port;
    const number =
      typeof target === 'number'
        ? target
        : pod.shape.ports.find((one) => one.name === target && one.protocol === protocol)?.port;
    if (number === undefined) return [];
    const appProtocol = port.appProtocol ? { appProtocol: port.appProtocol } : {};
    return [{ name: port.name ?? '', port: number, protocol, ...appProtocol }];
  });
}
