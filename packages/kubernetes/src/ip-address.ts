// What is an IP address, without asking the platform.

const byte = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const dottedQuad = new RegExp(`^${byte}(\\.${byte}){3}$`);
const maxLength = 45;

export function isIpv4(text: string): boolean {
  return dottedQuad.test(text);
}

/** Without zones: `fe80::1%eth0` is none here. */
export function isIpv6(text: string): boolean {
  if (text.length > maxLength || !text.includes(':')) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.map((half, at) => groupsOf(half, at === halves.length - 1));
  if (groups.includes(undefined)) return false;
  const count = groups.reduce<number>((sum, half) => sum + (half ?? 0), 0);
  return halves.length === 2 ? count < 8 : count === 8;
}

/** How many 16-bit groups stand there; the last may be written as a dotted quad, which makes two. */
function groupsOf(text: string, isLast: boolean): number | undefined {
  if (text === '') return 0;
  const parts = text.split(':');
  const last = parts.at(-1) ?? '';
  const quad = isLast && isIpv4(last);
  const hex = quad ? parts.slice(0, -1) : parts;
  return hex.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part)) ? hex.length + (quad ? 2 : 0) : undefined;
}

export function isIpAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

/** Of an address as the system writes it: nothing else reaches this machine there. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
