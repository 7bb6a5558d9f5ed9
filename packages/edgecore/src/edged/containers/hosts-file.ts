// The /etc/hosts that a pod's containers share.

import { type EdgePod, specOf } from '../pods/pod-spec.ts';
import { podHostname } from './sandbox-config.ts';

export interface HostsFileInput {
  readonly pod: EdgePod;
  readonly podIps: readonly string[];
  readonly clusterDomain: string;
  /** The node's own file, for pods on its network. */
  readonly nodeHosts: string;
}

export function hostsFile(input: HostsFileInput): string {
  const { pod, podIps } = input;
  const lines = specOf(pod).hostNetwork
    ? ['# Kubernetes-managed hosts file (host network).', input.nodeHosts.trimEnd()]
    : [
        '# Kubernetes-managed hosts file.',
        '127.0.0.1\tlocalhost',
        '::1\tlocalhost ip6-localhost ip6-loopback',
        'fe00::0\tip6-localnet',
        'fe00::0\tip6-mcastprefix',
        'fe00::1\tip6-allnodes',
        'fe00::2\tip6-allrouters',
        ...podIps.map((ip) => `${ip}\t${names(pod, input.clusterDomain)}`),
      ];
  const aliases = specOf(pod).hostAliases ?? [];
  if (aliases.length > 0) {
    lines.push('', '# Entries added by HostAliases.');
    for (const { ip, hostnames = [] } of aliases) lines.push(`${ip}\t${hostnames.join('\t')}`);
  }
  return `${lines.join('\n')}\n`;
}

function names(pod: EdgePod, clusterDomain: string): string {
  const hostname = podHostname(pod);
  const full = qualifiedName(pod, clusterDomain);
  return full ? `${full}\t${hostname}` : hostname;
}

/** The pod's name in the cluster's DNS, if it has a subdomain. */
export function qualifiedName(pod: EdgePod, clusterDomain: string): string | undefined {
  const { subdomain } = specOf(pod);
  return subdomain
    ? `${podHostname(pod)}.${subdomain}.${pod.metadata.namespace ?? 'default'}.svc.${clusterDomain}`
    : undefined;
}
