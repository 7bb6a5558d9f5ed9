import { describe, expect, test } from 'bun:test';
import { networkInterfaces } from 'node:os';
import { routeAddressByBun, routeAddressByNode } from './route-address.ts';

const hasIpv6 = networkInterfaces().lo?.some(({ address }) => address === '::1') ?? false;

describe.each([
  ['Bun', routeAddressByBun],
  ['Node', routeAddressByNode],
] as const)('by %s', (_, routeAddress) => {
  test('the way to this machine starts at its loopback address', async () => {
    expect(await routeAddress('127.0.0.1', 9)).toBe('127.0.0.1');
  });

  test.skipIf(!hasIpv6)('so it does in IPv6', async () => {
    expect(await routeAddress('::1', 9)).toBe('::1');
  });

  test('there is no way to a name that is none', async () => {
    expect(await routeAddress(`${'x'.repeat(64)}.invalid`, 9)).toBeUndefined();
  });
});
