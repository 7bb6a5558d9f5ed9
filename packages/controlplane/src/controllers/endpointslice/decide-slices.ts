// Which EndpointSlices of a service to create, change and delete so that they hold what they should: as few writes as possible. Pure.

import type { KubeObject, Service, Stored } from '@selvedge/kubernetes';
import {
  addressTypesOf,
  type EndpointGroup,
  type EndpointPort,
  groupKey,
  isHeadless,
  type SliceEndpoint,
} from './desired.ts';

export const maxEndpointsPerSlice = 100;
export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const managedBy = 'endpointslice-controller.k8s.io';
const headlessLabel = 'service.kubernetes.io/headless';

export interface SliceObject extends Stored<KubeObject> {
  addressType?: string;
  endpoints?: SliceEndpoint[] | null;
  ports?: Partial<EndpointPort>[] | null;
}

export interface SliceDecision {
  readonly create: readonly KubeObject[];
  readonly update: readonly KubeObject[];
  readonly remove: readonly SliceObject[];
}

export function decideSlices(
  service: Stored<Service>,
  groups: readonly EndpointGroup[],
  existing: readonly SliceObject[],
): SliceDecision {
  const create: KubeObject[] = [];
  const update: KubeObject[] = [];
  const kept = new Set<SliceObject>();
  const wanted = groups.length > 0 ? groups : placeholders(service);
  for (const group of wanted) {
    const key = groupKey(group.addressType, group.ports);
    const same = existing.filter((slice) => sliceKey(slice) === key);
    const { filled, left } = refill(same, group.endpoints, group.endpoints.length === 0);
    for (const [slice, endpoints] of filled) {
      kept.add(slice);
      const next = sliceObject(service, group, endpoints, slice);
      if (differs(slice, next)) update.push(next);
    }
    for (let at = 0; at < left.length; at += maxEndpointsPerSlice) {
      create.push(sliceObject(service, group, left.slice(at, at + maxEndpointsPerSlice)));
    }
    if (group.endpoints.length === 0 && filled.size === 0) create.push(sliceObject(service, group, []));
  }
  return reuse({ create, update, remove: existing.filter((slice) => !kept.has(slice)) });
}

/** A slice on its way out takes a new one's content instead: one write for two, and its watchers keep it. */
function reuse({ create, update, remove }: SliceDecision): SliceDecision {
  const spare = [...remove];
  const left: KubeObject[] = [];
  const replaced: KubeObject[] = [];
  for (const object of create) {
    const index = spare.findIndex((slice) => slice.addressType === object.addressType);
    const [slice] = index < 0 ? [] : spare.splice(index, 1);
    if (!slice) {
      left.push(object);
      continue;
    }
    const { name, uid, resourceVersion } = slice.metadata;
    const { generateName: _, ...metadata } = object.metadata ?? {};
    replaced.push({ ...object, metadata: { ...metadata, name, uid, resourceVersion } });
  }
  return { create: left, update: [...update, ...replaced], remove: spare };
}

/** A service without endpoints still has an empty slice: that it was looked at can be seen. */
function placeholders(service: Service): EndpointGroup[] {
  return addressTypesOf(service).map((addressType) => ({ addressType, ports: [], endpoints: [] }));
}

/** Endpoints stay in the slice they are in; new ones fill the gaps; what finds no room is left for new slices. */
function refill(
  slices: readonly SliceObject[],
  endpoints: readonly SliceEndpoint[],
  keepOneEmpty: boolean,
): { filled: Map<SliceObject, SliceEndpoint[]>; left: SliceEndpoint[] } {
  const missing = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const filled = new Map<SliceObject, SliceEndpoint[]>();
  for (const slice of [...slices].sort((left, right) =>
    left.metadata.name < right.metadata.name ? -1 : 1,
  )) {
    const stay = (slice.endpoints ?? []).flatMap((endpoint) => {
      const now = missing.get(identity(endpoint));
      missing.delete(identity(endpoint));
      return now ?? [];
    });
    filled.set(slice, stay);
  }
  const left = [...missing.values()];
  for (const stay of filled.values()) stay.push(...left.splice(0, maxEndpointsPerSlice - stay.length));
  for (const [slice, stay] of [...filled]) {
    if (stay.length === 0 && !(keepOneEmpty && filled.size === 1)) filled.delete(slice);
  }
  return { filled, left };
}

const identity = (endpoint: SliceEndpoint): string => `${endpoint.targetRef?.uid} ${endpoint.addresses[0]}`;

function sliceKey(slice: SliceObject): string {
  const ports = (slice.ports ?? []).map((port) => ({
    name: port.name ?? '',
    port: port.port ?? 0,
    protocol: port.protocol ?? 'TCP',
    ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
  }));
  return groupKey(slice.addressType ?? '', ports);
}

function sliceObject(
  service: Stored<Service>,
  group: EndpointGroup,
  endpoints: readonly SliceEndpoint[],
  present?: SliceObject,
): KubeObject {
  const { name, namespace = '', uid, labels } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      ...(present
        ? {
            name: present.metadata.name,
            uid: present.metadata.uid,
            resourceVersion: present.metadata.resourceVersion,
          }
        : { generateName: `${name}-` }),
      labels: {
        ...labels,
        ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
        [serviceNameLabel]: name,
        [managedByLabel]: managedBy,
      },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    addressType: group.addressType,
    endpoints,
    ports: group.ports,
  };
}

function differs(present: SliceObject, next: KubeObject): boolean {
  const endpoints = new Map((present.endpoints ?? []).map((one) => [identity(one), endpointText(one)]));
  const wanted = next.endpoints as SliceEndpoint[];
  return (
    wanted.length !== endpoints.size ||
    wanted.some((one) => endpoints.get(identity(one)) !== endpointText(one)) ||
    sortedText(present.metadata.labels) !== sortedText(next.metadata?.labels)
  );
}

function endpointText(endpoint: SliceEndpoint): string {
  const { addresses, conditions, hostname, nodeName, zone, targetRef } = endpoint;
  const { ready, serving, terminating } = conditions;
  return JSON.stringify([addresses, ready, serving, terminating, hostname, nodeName, zone, targetRef.name]);
}

export function sortedText(map: Readonly<Record<string, string>> | undefined): string {
  return JSON.stringify(Object.entries(map ?? {}).sort());
}
