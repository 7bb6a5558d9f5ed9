import { expect, test } from 'bun:test';
import { isIP } from 'node:net';
import fc from 'fast-check';
import { isIpAddress, isIpv4, isIpv6 } from './ip-address.ts';

test('addresses are told from what only looks like one', () => {
  for (const text of ['0.0.0.0', '10.1.2.3', '255.255.255.255']) expect(isIpv4(text), text).toBe(true);
  for (const text of [
    '::',
    '::1',
    'fe80::1',
    '1:2:3:4:5:6:7:8',
    '::ffff:10.0.0.1',
    '1::8',
    '1:2:3:4:5:6:7::',
  ]) {
    expect(isIpv6(text), text).toBe(true);
  }
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    'fe80::1%eth0',
    'x',
    '1.2.3.4:80',
    ':1',
  ]) {
    expect(isIpAddress(text), text).toBe(false);
  }
});

test('the platform agrees, zones aside', () => {
  const part = fc.constantFrom('1', 'ffff', '', ':', '::', '.', '10.0.0.1', '0', '256', 'g', '12345');
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.array(part, { maxLength: 9 }).map((parts) => parts.join(':')),
  );
  fc.assert(
    fc.property(text, (given) => {
      expect(isIpAddress(given)).toBe(isIP(given) !== 0);
    }),
  );
});
