// What may stand as an address of something that others connect to.

import { fieldError } from '../field-error.ts';
import { isIpAddress, isIpv4, isIpv6 } from '../ip-address.ts';
import type { Errors } from './rules.ts';

const ipMessage = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

/** Ranges that name no other machine: `matches` sees the address in lower case. Source: ValidateNonSpecialIP. */
const special: ReadonlyArray<{ readonly matches: RegExp; readonly why: string }> = [
  { matches: /^(0\.0\.0\.0|[0:]*::[0:]*|0(:0){7})$/, why: 'may not be unspecified (0.0.0.0 or ::)' },
  {
    matches: /^(127\.|[0:]*::?(0*:)*0*1$)/,
    why: 'may not be in the loopback range (127.0.0.0/8, ::1/128)',
  },
  {
    matches: /^(169\.254\.|fe[89ab][0-9a-f]:)/,
    why: 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  },
  {
    matches: /^(224\.0\.0\.|ff[0-9a-f]2:)/,
    why: 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  },
];

export function validateIp(errors: Errors, field: string, ip: string): void {
  if (!isIpAddress(ip)) errors.push(fieldError.invalid(field, ip, ipMessage));
}

export function validateIpv4(errors: Errors, field: string, ip: string): void {
  if (!isIpv4(ip)) errors.push(fieldError.invalid(field, ip, 'must be a valid IPv4 address'));
}

export function validateIpv6(errors: Errors, field: string, ip: string): void {
  if (!isIpv6(ip)) errors.push(fieldError.invalid(field, ip, 'must be a valid IPv6 address'));
}

export function validateNonSpecialIp(errors: Errors, field: string, ip: string): void {
  const found = special.find(({ matches }) => matches.test(ip.toLowerCase()));
  if (found && isIpAddress(ip)) errors.push(fieldError.invalid(field, ip, found.why));
}

/** Both rules, the second where the first holds. */
export function validateEndpointIp(errors: Errors, field: string, ip: string): void {
  validateIp(errors, field, ip);
  validateNonSpecialIp(errors, field, ip);
}
