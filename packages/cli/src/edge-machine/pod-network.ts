// The network of one edge's pods: addresses that nothing else here uses, held by its bridge from the start.

import { createHash } from 'node:crypto';
import { Fault } from '@selvedge/base';
import { findProgram, runOrFail, runProgram } from '../machine/programs.ts';
import {
  chooseSubnet,
  formatSubnet,
  overlaps,
  parseSubnet,
  type Subnet,
  usedSubnets,
} from '../machine/subnets.ts';

export interface PodNetwork {
  readonly network: string;
  readonly podSubnet: string;
}

export interface PodNetworkOptions {
  readonly directory: string;
  readonly previous: PodNetwork | undefined;
  /** Networks that are chosen but may not be on the machine yet. */
  readonly others: readonly PodNetwork[];
  readonly searchPath: string;
}

/** The network as it was, unless something else on the machine has taken its addresses meanwhile; its bridge is made. */
export async function takePodNetwork(options: PodNetworkOptions): Promise<PodNetwork> {
  const { directory, previous, others, searchPath } = options;
  const ip = await findProgram('ip', searchPath);
  if (!ip) {
    throw new Fault('preflight/packages', 'there is no program "ip" on this machine', {
      hint: 'apt-get install iproute2',
    });
  }
  const network = networkName(directory);
  const taken = [...(await usedSubnets(ip, network)), ...others.map(subnetOf)];
  const isStillFree = previous && !taken.some((other) => overlaps(other, subnetOf(previous)));
  const chosen = isStillFree
    ? previous
    : { network, podSubnet: formatSubnet(chooseSubnet(directory, taken)) };
  await makeBridge(chosen, ip);
  return chosen;
}

/** Unique on the machine as long as directories are; an interface's name holds 15 characters. */
function networkName(directory: string): string {
  return `svg${createHash('sha256').update(directory).digest('hex').slice(0, 10)}`;
}

function subnetOf({ network, podSubnet }: PodNetwork): Subnet {
  const subnet = parseSubnet(podSubnet);
  if (subnet) return subnet;
  throw new Fault('preflight/data-dir', `"${podSubnet}" in the settings of ${network} is no network`);
}

async function makeBridge({ network, podSubnet }: PodNetwork, ip: string): Promise<void> {
  await runProgram(ip, ['link', 'add', 'name', network, 'type', 'bridge']); // fails where it is there already
  const gateway = podSubnet.replace(/\.0\//, '.1/');
  await runOrFail(ip, ['address', 'replace', gateway, 'dev', network]);
  await runOrFail(ip, ['link', 'set', network, 'up']);
}

export async function removeBridge(network: string, searchPath: string): Promise<void> {
  const ip = await findProgram('ip', searchPath);
  if (ip) await runProgram(ip, ['link', 'delete', network]); // fails where there is none
}
