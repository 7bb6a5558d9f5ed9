import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { chooseSubnet, formatSubnet, overlaps, parseSubnet, type Subnet } from './subnets.ts';

const subnet = (text: string): Subnet => parseSubnet(text) as Subnet;

test('networks overlap when one holds the other', () => {
  expect(overlaps(subnet('10.0.0.0/8'), subnet('10.244.7.0/24'))).toBe(true);
  expect(overlaps(subnet('10.244.7.9'), subnet('10.244.7.0/24'))).toBe(true);
  expect(overlaps(subnet('10.244.6.0/24'), subnet('10.244.7.0/24'))).toBe(false);
  expect(overlaps(subnet('192.168.0.0/16'), subnet('10.244.7.0/24'))).toBe(false);
});

test('what is no network is not taken for one', () => {
  for (const text of ['default', 'local', '10.0.0.0/33', 'fe80::1/64', ''])
    expect(parseSubnet(text)).toBeUndefined();
});

test('a chosen network overlaps no other', () => {
  const network = fc.record({ address: fc.nat(0xffffffff), bits: fc.integer({ min: 12, max: 32 }) });
  fc.assert(
    fc.property(fc.string(), fc.array(network, { maxLength: 50 }), (seed, used) => {
      const chosen = chooseSubnet(seed, used);
      expect(used.some((other) => overlaps(chosen, other))).toBe(false);
      expect(parseSubnet(formatSubnet(chosen))).toEqual(chosen);
    }),
  );
});
