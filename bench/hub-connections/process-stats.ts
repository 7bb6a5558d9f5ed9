// Memory and CPU time of a process, as the kernel counts them.

import { readFileSync } from 'node:fs';

export interface ProcessStats {
  readonly rssBytes: number;
  readonly cpuMs: number;
}

const ticksPerSecond = 100;

export function processStats(pid: number): ProcessStats {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rssKilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  // The name may hold spaces and parentheses: fields are counted from its end.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { rssBytes: rssKilobytes * 1024, cpuMs: (ticks / ticksPerSecond) * 1000 };
}

export function totalStats(pids: readonly number[]): ProcessStats {
  let rssBytes = 0;
  let cpuMs = 0;
  for (const pid of pids) {
    const stats = processStats(pid);
    rssBytes += stats.rssBytes;
    cpuMs += stats.cpuMs;
  }
  return { rssBytes, cpuMs };
}
