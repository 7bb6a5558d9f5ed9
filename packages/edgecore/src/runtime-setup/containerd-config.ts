// What a containerd of our own is configured with: its directories, the pod network, and what this kind of machine does not allow.

import { join } from 'node:path';
import { pauseImage } from './busybox-images.ts';

export interface ContainerdInstance {
  /** Holds everything of this instance: configuration, images, state, network leases. */
  readonly directory: string;
  /** Name of the pod network and of its bridge: unique on the machine, at most 15 characters. */
  readonly network: string;
  /** The addresses of this node's pods, such as `10.244.7.0/24`: of no other instance on the machine. */
  readonly podSubnet: string;
  readonly cniPluginDirectory?: string;
  readonly sandboxImage?: string;
  /** Set where the process may not lower the out-of-memory score of others (no CAP_SYS_RESOURCE). */
  readonly restrictOomScoreAdj?: boolean;
  /** Hide pod addresses behind the node's towards other networks; needs iptables. */
  readonly masquerade?: boolean;
  /** Let host ports reach pods; needs iptables. */
  readonly portMapping?: boolean;
}

export interface ContainerdPaths {
  readonly config: string;
  readonly socket: string;
  readonly root: string;
  readonly state: string;
  readonly cniConfig: string;
  readonly cniData: string;
}

export const defaultCniPluginDirectory = '/usr/lib/cni';

export function containerdPaths(directory: string): ContainerdPaths {
  return {
    config: join(directory, 'config.toml'),
    socket: join(directory, 'containerd.sock'),
    root: join(directory, 'root'),
    state: join(directory, 'state'),
    cniConfig: join(directory, 'cni'),
    cniData: join(directory, 'cni-data'),
  };
}

export function containerdConfig(instance: ContainerdInstance): string {
  const paths = containerdPaths(instance.directory);
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${quote(paths.root)}
state = ${quote(paths.state)}
[grpc]
  address = ${quote(paths.socket)}
[${cri}]
  sandbox_image = ${quote(instance.sandboxImage ?? pauseImage)}
  restrict_oom_score_adj = ${instance.restrictOomScoreAdj ?? false}
  [${cri}.cni]
    bin_dir = ${quote(instance.cniPluginDirectory ?? defaultCniPluginDirectory)}
    conf_dir = ${quote(paths.cniConfig)}
  [${cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [${cri}.containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

export function cniConflist(instance: ContainerdInstance): string {
  const bridge = {
    type: 'bridge',
    bridge: instance.network,
    isGateway: true,
    ipMasq: instance.masquerade ?? true,
    hairpinMode: true,
    ipam: {
      type: 'host-local',
      dataDir: containerdPaths(instance.directory).cniData,
      subnet: instance.podSubnet,
      routes: [{ dst: '0.0.0.0/0' }],
    },
  };
  const portmap = { type: 'portmap', capabilities: { portMappings: true } };
  const plugins = (instance.portMapping ?? true) ? [bridge, portmap] : [bridge];
  return `${JSON.stringify({ cniVersion: '0.4.0', name: instance.network, plugins }, null, 2)}\n`;
}

/** A TOML basic string; JSON's escapes are a subset of TOML's. */
function quote(text: string): string {
  return JSON.stringify(text);
}
