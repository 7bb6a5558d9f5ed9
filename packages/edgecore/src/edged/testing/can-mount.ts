// Whether this process may mount: tests that need real mounts skip themselves where it may not.

import { readFileSync } from 'node:fs';

const systemAdministration = 1n << 21n;
const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';

export const canMount = (BigInt(`0x${effective}`) & systemAdministration) !== 0n;
