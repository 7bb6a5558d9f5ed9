// A pod's resolv.conf: by policy from the cluster, from the node, or from the pod itself.

import type { DNSConfig } from '../cri/cri.gen.ts';
import { type EdgePod, namespaceOf, specOf } from '../pods/pod-spec.ts';

export interface ClusterDns {
  readonly servers: readonly string[];
  readonly domain: string;
}

export interface ResolvConf {
  readonly servers: string[];
  readonly searches: string[];
  readonly options: string[];
}

const maxServers = 3;
const maxSearches = 32;

export function podDns(pod: EdgePod, cluster: ClusterDns, node: ResolvConf): DNSConfig {
  const spec = specOf(pod);
  const base = policyDns(pod, cluster, node);
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  const own = options.map(({ name = '', value }) => (value === undefined ? name : `${name}:${value}`));
  return {
    servers: unique([...base.servers, ...nameservers]).slice(0, maxServers),
    searches: unique([...base.searches, ...searches]).slice(0, maxSearches),
    options: mergeOptions(base.options, own),
  };
}

function policyDns(pod: EdgePod, cluster: ClusterDns, node: ResolvConf): ResolvConf {
  const { dnsPolicy = 'ClusterFirst', hostNetwork } = specOf(pod);
  if (dnsPolicy === 'None') return { servers: [], searches: [], options: [] };
  const clusterFirst =
    dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  if (!clusterFirst || cluster.servers.length === 0) return node;
  const { domain } = cluster;
  const own = domain ? [`${namespaceOf(pod)}.svc.${domain}`, `svc.${domain}`, domain] : [];
  return { servers: [...cluster.servers], searches: [...own, ...node.searches], options: ['ndots:5'] };
}

/** The pod's own option replaces one of the same name. */
function mergeOptions(base: readonly string[], own: readonly string[]): string[] {
  const byName = new Map(base.map((option) => [option.split(':')[0], option]));
  for (const option of own) byName.set(option.split(':')[0], option);
  return [...byName.values()];
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)];
}

export function parseResolvConf(text: string): ResolvConf {
  const result: ResolvConf = { servers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [keyword, ...fields] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver' && fields[0]) result.servers.push(fields[0]);
    else if (keyword === 'search')
      result.searches.splice(0, Infinity, ...fields.filter((name) => name !== '.'));
    else if (keyword === 'options') result.options.push(...fields);
  }
  return result;
}
