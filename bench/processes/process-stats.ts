// Memory and CPU time of processes, as the kernel counts them. PSS: pages shared with other processes count by their share,
// so that the sum over processes is what the machine has spent.

import { readFileSync } from 'node:fs';

export interface ProcessStats {
  readonly pssBytes: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
}

const ticksPerSecond = 100;

export function processStats(pid: number): ProcessStats {
  const memory = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytesOf = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? 0) * 1024;
  // The name may hold spaces and parentheses: fields are counted from its end.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { pssBytes: bytesOf('Pss'), rssBytes: bytesOf('Rss'), cpuMs: (ticks / ticksPerSecond) * 1000 };
}

export function totalStats(pids: readonly number[]): ProcessStats {
  const total = { pssBytes: 0, rssBytes: 0, cpuMs: 0 };
  for (const pid of pids) {
    const { pssBytes, rssBytes, cpuMs } = processStats(pid);
    total.pssBytes += pssBytes;
    total.rssBytes += rssBytes;
    total.cpuMs += cpuMs;
  }
  return total;
}
