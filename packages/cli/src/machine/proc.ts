// What /proc says of processes: whether a remembered one still lives, and which one runs a command line.

import { readdir, readFile } from 'node:fs/promises';

/** A process that pid reuse can not confuse: the start time is in ticks since this boot. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
}

export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

/** Undefined when there is no such process, or only its exit status is left. */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return stat === '' || fields[0] === 'Z' ? undefined : fields[19];
}

export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  if (process.bootId !== (await bootId())) return false;
  return (await startTimeOf(process.pid)) === process.startTime;
}

/** The first process whose arguments end with these; what starts a script stands before them. */
export async function findByArguments(args: readonly string[]): Promise<number | undefined> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const words = commandLine.replace(/\0$/, '').split('\0');
    const tail = words.slice(-args.length);
    if (words.length <= args.length + 2 && words.length > args.length && sameWords(tail, args))
      return Number(name);
  }
  return undefined;
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index]);
}

/** Bit numbers of linux/capability.h. */
export const capabilities = { netAdmin: 12, sysAdmin: 21, sysResource: 24 } as const;

export async function hasCapability(bit: number): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> BigInt(bit)) & 1n) === 1n;
}
