// The downward API: what a pod may learn of itself, by field path or by resource of a container.

import { type Container, parseQuantity, quantityToMilli, quantityToNumber } from '@selvedge/kubernetes';
import { type EdgePod, findContainer, namespaceOf, specOf } from '../pods/pod-spec.ts';

export interface PodAddresses {
  readonly podIps: readonly string[];
  readonly hostIp: string;
}

/** Undefined for a path that does not exist. */
export function fieldValue(pod: EdgePod, path: string, addresses: PodAddresses): string | undefined {
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (subscript) {
    const [, map, key = ''] = subscript;
    return (map === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[key] ?? '';
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return namespaceOf(pod);
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return specOf(pod).nodeName ?? '';
    case 'spec.serviceAccountName':
      return specOf(pod).serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return addresses.hostIp;
    case 'status.podIP':
      return addresses.podIps[0] ?? '';
    case 'status.podIPs':
      return addresses.podIps.join(',');
    default:
      return undefined;
  }
}

/** One `key="value"` per line, sorted. */
function formatMap(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${quote(value)}`)
    .join('\n');
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** As Go quotes a string. */
function quote(text: string): string {
  const quoted = text.replaceAll(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = (digits: number) => code.toString(16).padStart(digits, '0');
    if (code < 0x80) return escapes[character] ?? `\\x${hex(2)}`;
    return code < 0x1_0000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
  });
  return `"${quoted}"`;
}

export interface NodeAllocatable {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly ephemeralStorageBytes: number;
}

export interface ResourceSelector {
  readonly containerName?: string;
  readonly resource: string;
  readonly divisor?: string;
}

/** A container's request or limit in units of the divisor, rounded up; a limit that is not set is the node's. */
export function resourceValue(
  pod: EdgePod,
  container: Container | undefined,
  selector: ResourceSelector,
  allocatable: NodeAllocatable,
): string | undefined {
  const target = selector.containerName ? findContainer(pod, selector.containerName)?.container : container;
  const [kind, ...rest] = selector.resource.split('.');
  const name = rest.join('.');
  if (!target || (kind !== 'limits' && kind !== 'requests')) return undefined;
  const { requests = {}, limits = {} } = target.resources ?? {};
  const text = kind === 'limits' ? limits[name] : (requests[name] ?? limits[name]);
  const quantity = text === undefined ? undefined : parseQuantity(text);
  const divisor = selector.divisor && selector.divisor !== '0' ? parseQuantity(selector.divisor) : undefined;
  const fallback = kind === 'limits';
  if (name === 'cpu') {
    const milli = quantity ? quantityToMilli(quantity) : fallback ? allocatable.cpuMilli : 0;
    return String(Math.ceil(milli / (divisor ? quantityToMilli(divisor) : 1000)));
  }
  const own = name === 'memory' ? allocatable.memoryBytes : allocatable.ephemeralStorageBytes;
  const bytes = quantity ? quantityToNumber(quantity) : fallback ? own : 0;
  return String(Math.ceil(bytes / (divisor ? Math.max(1, quantityToNumber(divisor)) : 1)));
}
