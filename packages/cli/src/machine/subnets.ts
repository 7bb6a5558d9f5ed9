// Chooses addresses for the pods of one node that nothing else on the machine uses.

import { createHash } from 'node:crypto';
import { Fault } from '@selvedge/base';
import { runOrFail } from './programs.ts';

/** An IPv4 network as its first address and the number of its leading bits. */
export interface Subnet {
  readonly address: number;
  readonly bits: number;
}

/** Pods of `up`'s nodes live in 10.192.0.0/11: 8,192 networks of 256 addresses. */
const pool = { first: toNumber('10.192.0.0'), count: 8_192, bits: 24 };

export function parseSubnet(text: string): Subnet | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2}))?$/.exec(text);
  if (!match?.[1]) return undefined;
  const bits = Number(match[2] ?? 32);
  return bits <= 32 ? { address: toNumber(match[1]), bits } : undefined;
}

export function formatSubnet({ address, bits }: Subnet): string {
  return `${[24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')}/${bits}`;
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  const bits = Math.min(a.bits, b.bits);
  if (bits === 0) return true;
  return a.address >>> (32 - bits) === b.address >>> (32 - bits);
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);
}

/** The first free network of the pool from a place that the seed decides, so that two searches seldom meet. */
export function chooseSubnet(seed: string, used: readonly Subnet[]): Subnet {
  const start = createHash('sha256').update(seed).digest().readUInt32BE(0) % pool.count;
  for (let step = 0; step < pool.count; step++) {
    const candidate = { address: pool.first + ((start + step) % pool.count) * 256, bits: pool.bits };
    if (!used.some((other) => overlaps(candidate, other))) return candidate;
  }
  throw new Fault('preflight/subnet', 'every network in 10.192.0.0/11 is in use on this machine', {
    hint: 'remove bridges that are left over; see: ip route',
  });
}

interface Route {
  readonly dst?: string;
  readonly dev?: string;
}

interface Interface {
  readonly ifname?: string;
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/** Networks that interfaces and routes of this machine know; those of `ownBridge` do not count. */
export async function usedSubnets(ip: string, ownBridge: string): Promise<Subnet[]> {
  const [routes, interfaces] = await Promise.all([
    runOrFail(ip, ['-json', '-4', 'route', 'show', 'table', 'all']).then((text) => parseList<Route>(text)),
    runOrFail(ip, ['-json', '-4', 'address', 'show']).then((text) => parseList<Interface>(text)),
  ]);
  const fromRoutes = routes.filter((route) => route.dev !== ownBridge).map((route) => route.dst ?? '');
  const fromInterfaces = interfaces
    .filter((one) => one.ifname !== ownBridge)
    .flatMap((one) => one.addr_info ?? [])
    .map((address) => `${address.local}/${address.prefixlen}`);
  return [...fromRoutes, ...fromInterfaces]
    .map(parseSubnet)
    .filter((subnet) => subnet !== undefined && subnet.bits > 0)
    .map((subnet) => subnet as Subnet);
}

function parseList<T>(text: string): T[] {
  const value: unknown = text.trim() === '' ? [] : JSON.parse(text);
  return Array.isArray(value) ? value : [];
}
