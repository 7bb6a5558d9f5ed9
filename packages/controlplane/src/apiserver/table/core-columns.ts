// Columns of services, their endpoints, configuration and what the cluster itself is made of.

import type { KubeObject, Service } from '@selvedge/kubernetes';
import { humanDuration } from './age.ts';
import type { Column } from './column.ts';
import { column, count, joined, part, wide } from './column-parts.ts';
import { pairs } from './workload-columns.ts';

export function coreColumns(age: Column): Readonly<Record<string, readonly Column[]>> {
  const data = (object: KubeObject) => count(part(object, 'data')) + count(part(object, 'binaryData'));
  const role = [
    column('Role', (object) => roleText(object)),
    age,
    wide('Users', (object) => subjectsOf(object, 'User')),
    wide('Groups', (object) => subjectsOf(object, 'Group')),
    wide('ServiceAccounts', (object) => subjectsOf(object, 'ServiceAccount')),
  ];
  return {
    namespaces: [column('Status', (object) => part(object, 'status').phase ?? ''), age],
    configmaps: [column('Data', data), age],
    secrets: [column('Type', (object) => object.type ?? 'Opaque'), column('Data', data), age],
    serviceaccounts: [column('Secrets', (object) => count(object.secrets)), age],
    services: [
      column('Type', (object) => spec(object).type ?? ''),
      column('Cluster-IP', (object) => spec(object).clusterIP || '<none>'),
      column('External-IP', (object) => externalIp(object)),
      column('Port(s)', (object) => portsText(object)),
      age,
      wide('Selector', (object) => pairs(spec(object).selector)),
    ],
    endpoints: [column('Endpoints', (object) => endpointsText(object)), age],
    'endpointslices.discovery.k8s.io': [
      column('AddressType', (object) => object.addressType ?? ''),
      column('Ports', (object) =>
        capped(
          listOf(object.ports).map((one) => String(one.port ?? '*')),
          '<unset>',
        ),
      ),
      column('Endpoints', (object) =>
        capped(
          listOf(object.endpoints).flatMap((one) => (one.addresses as string[]) ?? []),
          '<unset>',
        ),
      ),
      age,
    ],
    'leases.coordination.k8s.io': [
      column('Holder', (object) => part(object, 'spec').holderIdentity ?? ''),
      age,
    ],
    'rolebindings.rbac.authorization.k8s.io': role,
    'clusterrolebindings.rbac.authorization.k8s.io': role,
    'roles.rbac.authorization.k8s.io': [createdAt],
    'clusterroles.rbac.authorization.k8s.io': [createdAt],
    'customresourcedefinitions.apiextensions.k8s.io': [createdAt],
    'certificatesigningrequests.certificates.k8s.io': [
      age,
      column('SignerName', (object) => part(object, 'spec').signerName ?? '<none>'),
      column('Requestor', (object) => part(object, 'spec').username ?? ''),
      column('RequestedDuration', (object) => {
        const seconds = part(object, 'spec').expirationSeconds;
        return typeof seconds === 'number' ? humanDuration(seconds * 1000) : '<none>';
      }),
      column('Condition', (object) => requestCondition(object)),
    ],
    'priorityclasses.scheduling.k8s.io': [
      column('Value', (object) => count(object.value), 'integer'),
      column('Global-Default', (object) => object.globalDefault === true, 'boolean'),
      age,
    ],
  };
}

const createdAt: Column = column('Created At', (object) => object.metadata?.creationTimestamp ?? '', 'date');

function spec(object: KubeObject): NonNullable<Service['spec']> {
  return (object as Service).spec ?? {};
}

function externalIp(object: KubeObject): string {
  const { type, externalIPs = [], externalName } = spec(object);
  if (type === 'ExternalName') return externalName ?? '<none>';
  const ingress = (object as Service).status?.loadBalancer?.ingress ?? [];
  const addresses = [...ingress.map((one) => one.ip ?? one.hostname ?? ''), ...externalIPs];
  return joined(addresses, type === 'LoadBalancer' ? '<pending>' : '<none>');
}

function portsText(object: KubeObject): string {
  const ports = spec(object).ports ?? [];
  return joined(
    ports.map(
      ({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? 'TCP'}`,
    ),
  );
}

function listOf(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}

const maxShown = 3;

function capped(values: readonly string[], none: string): string {
  if (values.length <= maxShown) return joined(values, none);
  return `${values.slice(0, maxShown).join(',')} + ${values.length - maxShown} more...`;
}

function endpointsText(object: KubeObject): string {
  const all = listOf(object.subsets).flatMap((subset) => {
    const ports = listOf(subset.ports);
    return listOf(subset.addresses).flatMap(({ ip }) =>
      ports.length === 0 ? [String(ip)] : ports.map(({ port }) => `${ip}:${port}`),
    );
  });
  return capped(all, '<none>');
}

function roleText(object: KubeObject): string {
  const { kind, name } = part(object, 'roleRef');
  return `${kind}/${name}`;
}

function subjectsOf(object: KubeObject, kind: string): string {
  const names = listOf(object.subjects).flatMap((one) => {
    if (one.kind !== kind) return [];
    return one.namespace ? `${one.namespace}/${one.name}` : String(one.name);
  });
  return names.join(', ');
}

function requestCondition(object: KubeObject): string {
  const { conditions, certificate } = part(object, 'status') as {
    conditions?: unknown;
    certificate?: string;
  };
  const types = listOf(conditions).map((one) => String(one.type));
  const words = types.length === 0 ? ['Pending'] : types;
  if (certificate) words.push('Issued');
  return words.join(',');
}
