// The Endpoints object of a service: the older form of its slices, which many clients still read. Pure.

import type { KubeObject, Service, Stored } from '@selvedge/kubernetes';
import { sortedText } from './decide-slices.ts';
import {
  addressTypesOf,
  type EndpointGroup,
  type EndpointPort,
  groupKey,
  isHeadless,
  type SliceEndpoint,
} from './desired.ts';

/** More addresses than this are cut: the object must stay within what a store takes. */
const maxAddresses = 1_000;
const overCapacity = 'endpoints.kubernetes.io/over-capacity';

interface Address {
  readonly ip: string;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef: SliceEndpoint['targetRef'];
}

interface Subset {
  readonly addresses?: readonly Address[];
  readonly notReadyAddresses?: readonly Address[];
  readonly ports?: readonly EndpointPort[];
}

/** The object to write, or undefined where the present one says it all. */
export function decideEndpoints(
  service: Stored<Service>,
  groups: readonly EndpointGroup[],
  present: Stored<KubeObject> | undefined,
): KubeObject | undefined {
  const { subsets, truncated } = subsetsOf(service, groups);
  const { name, namespace = '' } = service.metadata;
  const labels = {
    ...service.metadata.labels,
    ...(isHeadless(service) ? { 'service.kubernetes.io/headless': '' } : {}),
  };
  const same =
    present !== undefined &&
    JSON.stringify(normal(present.subsets as Subset[] | undefined)) === JSON.stringify(normal(subsets)) &&
    sortedText(present.metadata.labels) === sortedText(labels) &&
    (present.metadata.annotations?.[overCapacity] !== undefined) === truncated;
  if (same) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name,
      namespace,
      labels,
      ...(truncated ? { annotations: { [overCapacity]: 'truncated' } } : {}),
      ...(present ? { resourceVersion: present.metadata.resourceVersion } : {}),
    },
    subsets,
  };
}

function subsetsOf(
  service: Service,
  groups: readonly EndpointGroup[],
): { subsets: Subset[]; truncated: boolean } {
  const [family] = addressTypesOf(service);
  const mine = groups.filter((group) => group.addressType === family);
  let room = maxAddresses;
  let truncated = false;
  const sorted = [...mine].sort((left, right) =>
    groupKey('', left.ports) < groupKey('', right.ports) ? -1 : 1,
  );
  const subsets = sorted.flatMap((group): Subset[] => {
    const kept = group.endpoints.filter(
      (endpoint) => !endpoint.conditions.terminating || endpoint.conditions.ready,
    );
    const cut = kept.slice(0, room);
    truncated ||= cut.length < kept.length;
    room -= cut.length;
    const addresses = cut
      .filter((one) => one.conditions.ready)
      .map(addressOf)
      .sort(byIp);
    const notReadyAddresses = cut
      .filter((one) => !one.conditions.ready)
      .map(addressOf)
      .sort(byIp);
    if (cut.length === 0) return [];
    return [
      {
        ...(addresses.length > 0 ? { addresses } : {}),
        ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
        ...(group.ports.length > 0 ? { ports: group.ports.map(withoutEmptyName) } : {}),
      },
    ];
  });
  return { subsets, truncated };
}

function addressOf({ addresses: [ip = ''], hostname, nodeName, targetRef }: SliceEndpoint): Address {
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef,
  };
}

const byIp = (left: Address, right: Address): number =>
  left.ip < right.ip ? -1 : left.ip > right.ip ? 1 : 0;

function withoutEmptyName({ name, ...port }: EndpointPort): EndpointPort {
  return (name === '' ? port : { name, ...port }) as EndpointPort;
}

/** A form in which equal subsets have equal texts. */
function normal(subsets: readonly Subset[] | null | undefined): unknown {
  const addressText = (list: readonly Address[] | undefined) =>
    (list ?? []).map((one) => [one.ip, one.hostname, one.nodeName, one.targetRef?.uid]).sort();
  return (subsets ?? [])
    .map((subset) => [
      addressText(subset.addresses),
      addressText(subset.notReadyAddresses),
      groupKey(
        '',
        (subset.ports ?? []).map((port) => ({
          ...port,
          name: port.name ?? '',
          protocol: port.protocol ?? 'TCP',
        })),
      ),
    ])
    .map((parts) => JSON.stringify(parts))
    .sort();
}
