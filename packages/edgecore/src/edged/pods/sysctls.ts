// Which kernel settings a pod may ask for: those that the kernel keeps apart for each pod. Pure.

import { type EdgePod, specOf } from './pod-spec.ts';

type KernelNamespace = 'ipc' | 'net';

/** Kubernetes' list of what no pod can do harm with. */
const safeSysctls: Readonly<Record<string, KernelNamespace>> = {
  'kernel.shm_rmid_forced': 'ipc',
  'net.ipv4.ip_local_port_range': 'net',
  'net.ipv4.ip_local_reserved_ports': 'net',
  'net.ipv4.ip_unprivileged_port_start': 'net',
  'net.ipv4.ping_group_range': 'net',
  'net.ipv4.tcp_fin_timeout': 'net',
  'net.ipv4.tcp_keepalive_intvl': 'net',
  'net.ipv4.tcp_keepalive_probes': 'net',
  'net.ipv4.tcp_keepalive_time': 'net',
  'net.ipv4.tcp_rmem': 'net',
  'net.ipv4.tcp_syncookies': 'net',
  'net.ipv4.tcp_wmem': 'net',
};

/** Why the first setting that the pod may not have is refused. */
export function sysctlProblem(pod: EdgePod): string | undefined {
  const { securityContext, hostNetwork, hostIPC } = specOf(pod);
  for (const { name } of securityContext?.sysctls ?? []) {
    const dotted = withDots(name);
    const namespace = Object.hasOwn(safeSysctls, dotted) ? safeSysctls[dotted] : undefined;
    if (namespace === undefined) return `forbidden sysctl: "${dotted}" not allowlisted`;
    if (namespace === 'net' ? hostNetwork : hostIPC) {
      return `forbidden sysctl: "${dotted}" not allowed with host ${namespace} enabled`;
    }
  }
  return undefined;
}

/** The kernel takes `net/ipv4/conf/eth0.1` too: where the first separator is a slash, the dots in it are part of names. */
export function withDots(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  if (first !== '/') return name;
  return name.replaceAll(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}
