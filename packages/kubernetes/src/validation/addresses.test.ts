// Addresses that name no other machine, in both families and all their spellings.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { FieldError } from '../field-error.ts';
import { validateEndpointIp } from './addresses.ts';

function refusalOf(ip: string): string | undefined {
  const errors: FieldError[] = [];
  validateEndpointIp(errors, 'ip', ip);
  return errors[0]?.message.replace(/^Invalid value: "[^"]*": /, '');
}

test('addresses of this machine and of this link are refused, others are not', () => {
  const loopback = 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
  const unspecified = 'may not be unspecified (0.0.0.0 or ::)';
  const link = 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
  const multicast = 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';
  for (const [ip, why] of [
    ['10.1.2.3', undefined],
    ['2001:db8::1', undefined],
    ['::a', undefined],
    ['127.0.0.1', loopback],
    ['127.255.0.9', loopback],
    ['::1', loopback],
    ['0:0:0:0:0:0:0:1', loopback],
    ['0.0.0.0', unspecified],
    ['::', unspecified],
    ['0:0:0:0:0:0:0:0', unspecified],
    ['169.254.7.7', link],
    ['FE80::1', link],
    ['224.0.0.9', multicast],
    ['ff02::1', multicast],
    ['1.2.3', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ] as const)
    expect([ip, refusalOf(ip)]).toEqual([ip, why]);
});

test('any text gives one refusal or none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
      const errors: FieldError[] = [];
      validateEndpointIp(errors, 'ip', text);
      expect(errors.length).toBeLessThanOrEqual(1);
    }),
  );
});
