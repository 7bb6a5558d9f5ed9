// What a pod's sandbox is made with: its names, network, ports and namespaces.

import { join } from 'node:path';
import type { DNSConfig, PodSandboxConfig, PortMapping, Protocol } from '../cri/cri.gen.ts';
import { type EdgePod, namespaceOf, specOf } from '../pods/pod-spec.ts';
import { withDots } from '../pods/sysctls.ts';
import { podNameLabel, podNamespaceLabel, podUidLabel } from '../runtime/labels.ts';
import { podCgroupPath, sandboxResources } from './resources.ts';
import { sandboxSecurityContext } from './security-context.ts';

export interface SandboxConfigInput {
  readonly pod: EdgePod;
  readonly attempt: number;
  readonly dns: DNSConfig;
  readonly podLogDirectory: string;
  readonly seccompRoot: string;
  readonly clusterDomain: string;
}

const maxHostnameLength = 63;

export function sandboxConfig(input: SandboxConfigInput): PodSandboxConfig {
  const { pod, attempt } = input;
  const { name, uid, labels = {}, annotations = {} } = pod.metadata;
  const namespace = namespaceOf(pod);
  const spec = specOf(pod);
  return {
    metadata: { name, uid, namespace, attempt },
    ...(!spec.hostNetwork && { hostname: sandboxHostname(pod, input.clusterDomain) }),
    logDirectory: podLogDirectory(pod, input.podLogDirectory),
    dnsConfig: input.dns,
    portMappings: portMappings(pod),
    labels: { ...labels, [podNameLabel]: name, [podNamespaceLabel]: namespace, [podUidLabel]: uid },
    annotations: withoutLarge(annotations),
    linux: {
      cgroupParent: podCgroupPath(pod),
      securityContext: sandboxSecurityContext(pod, input.seccompRoot),
      sysctls: Object.fromEntries(
        (spec.securityContext?.sysctls ?? []).map((item) => [withDots(item.name), item.value]),
      ),
      overhead: {},
      resources: sandboxResources(pod),
    },
  };
}

/** kubectl's copy of the whole object is of no use to a runtime and would be stored with each container. */
function withoutLarge(annotations: Record<string, string>): Record<string, string> {
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...rest } = annotations;
  return rest;
}

export function podLogDirectory(pod: EdgePod, root: string): string {
  return join(root, `${namespaceOf(pod)}_${pod.metadata.name}_${pod.metadata.uid}`);
}

/** The pod's hostname, cut to what the kernel takes. */
export function podHostname(pod: EdgePod): string {
  const name = specOf(pod).hostname || pod.metadata.name;
  return name.slice(0, maxHostnameLength).replace(/[-.]+$/, '');
}

function sandboxHostname(pod: EdgePod, clusterDomain: string): string {
  const { setHostnameAsFQDN, subdomain } = specOf(pod);
  const hostname = podHostname(pod);
  if (!setHostnameAsFQDN || !subdomain) return hostname;
  return `${hostname}.${subdomain}.${namespaceOf(pod)}.svc.${clusterDomain}`;
}

function portMappings(pod: EdgePod): PortMapping[] {
  return specOf(pod).containers.flatMap(({ ports = [] }) =>
    ports.map((port) => ({
      protocol: (port.protocol ?? 'TCP') as Protocol,
      containerPort: port.containerPort,
      ...(port.hostPort && { hostPort: port.hostPort }),
      ...(port.hostIP && { hostIp: port.hostIP }),
    })),
  );
}
