// Looks at the machine before anything is started: what `up` needs, and whether edges can run here at all.

import { Fault } from '@selvedge/base';
import { portOffset } from '@selvedge/cloudcore';
import { type PortState, portState } from '../machine/ports.ts';
import { capabilities, hasCapability } from '../machine/proc.ts';
import type { Settings } from './settings.ts';

const loopback = '127.0.0.1';

interface PortUse {
  readonly what: string;
  readonly port: number;
  readonly flag: string;
  /** Stays on loopback whatever is advertised. */
  readonly isLocal?: boolean;
}

export interface PortOwners {
  readonly controlplane: boolean;
  readonly cloudcore: boolean;
}

/** Faults `preflight/port` name who holds the port; those of our own running programs are theirs. */
export async function requireFreePorts(settings: Settings, running: PortOwners): Promise<void> {
  const { apiPort, hubPort } = settings;
  const wanted: PortUse[] = [
    ...(running.controlplane ? [] : [{ what: 'the Kubernetes API', port: apiPort, flag: '--api-port' }]),
    ...(running.cloudcore ? [] : hubPorts(hubPort)),
  ];
  const tooHigh = wanted.find(({ port }) => port > 65_535);
  if (tooHigh) {
    throw new Fault('preflight/port', `port ${tooHigh.port} for ${tooHigh.what} does not exist`, {
      hint: portHint(tooHigh),
    });
  }
  const twice = wanted.find(({ port }, index) =>
    wanted.some((other, at) => at < index && other.port === port),
  );
  if (twice)
    throw new Fault('preflight/port', `port ${twice.port} is wanted twice`, { hint: portHint(twice) });
  for (const use of wanted) {
    const state = await portState(settings.advertise && !use.isLocal ? '0.0.0.0' : loopback, use.port);
    if (state.kind !== 'free') throw portFault(use, state);
  }
}

function hubPorts(hubPort: number): PortUse[] {
  const flag = '--hub-port';
  return [
    { what: "the hub's WebSocket", port: hubPort + portOffset.hub, flag },
    { what: 'joining edges', port: hubPort + portOffset.join, flag },
    { what: 'logs and exec', port: hubPort + portOffset.stream, flag },
    { what: "the cloud's metrics", port: hubPort + portOffset.metrics, flag, isLocal: true },
  ];
}

function portFault(use: PortUse, state: Exclude<PortState, { kind: 'free' }>): Fault {
  const reason =
    state.kind === 'refused'
      ? `can not be used: ${state.reason}`
      : `is taken${state.pid === undefined ? '' : ` by process ${state.pid} (${state.holder})`}`;
  return new Fault('preflight/port', `port ${use.port} for ${use.what} ${reason}`, { hint: portHint(use) });
}

function portHint({ flag }: PortUse): string {
  return `choose another with ${flag} PORT`;
}

export type EdgeAbility = { readonly kind: 'able' } | { readonly kind: 'unable'; readonly reason: string };

/** Whether containers can run here, as far as that shows without starting one. */
export async function edgeAbility(isRoot: boolean): Promise<EdgeAbility> {
  if (!isRoot) return { kind: 'unable', reason: 'you are not root, and containerd has to be' };
  for (const [name, bit] of [
    ['CAP_SYS_ADMIN', capabilities.sysAdmin],
    ['CAP_NET_ADMIN', capabilities.netAdmin],
  ] as const) {
    if (!(await hasCapability(bit)))
      return { kind: 'unable', reason: `root lacks ${name} here, which containers need` };
  }
  return { kind: 'able' };
}
