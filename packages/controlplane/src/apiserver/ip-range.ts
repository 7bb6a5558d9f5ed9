// Arithmetic on an IPv4 range: what the addresses of services are taken from.

import { Fault } from '@selvedge/base';

export class IpRange {
  readonly text: string;
  readonly #first: number;
  readonly size: number;

  constructor(text: string) {
    const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(text);
    const bits = Number(match?.[2]);
    const address = match?.[1] === undefined ? undefined : toNumber(match[1]);
    if (address === undefined || bits < 8 || bits > 30) {
      throw new Fault('controlplane/bad-service-cidr', `"${text}" is not an IPv4 range between /8 and /30`);
    }
    this.text = text;
    this.size = 2 ** (32 - bits);
    this.#first = address - (address % this.size);
  }

  /** The address at an offset; 1 is the first usable one, which the `kubernetes` service has. */
  at(offset: number): string {
    return toText(this.#first + offset);
  }

  offsetOf(address: string): number | undefined {
    const number = toNumber(address);
    if (number === undefined) return undefined;
    const offset = number - this.#first;
    return offset > 0 && offset < this.size - 1 ? offset : undefined;
  }
}

function toNumber(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((number, part) => number * 256 + Number(part), 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
