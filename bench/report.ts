// What a bench prints: any lines while it runs, and as its last line one JSON object with the figures.

import { readFileSync } from 'node:fs';
import { cpus, hostname, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Report {
  readonly bench: string;
  /** What the run was made of: counts and flags. */
  readonly sizes: Readonly<Record<string, number | string>>;
  readonly figures: Readonly<Record<string, number>>;
  /** Raw quantiles and anything else beside the figures. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export function printReport(report: Report): void {
  const { bench, sizes, figures, details } = report;
  const line = {
    bench,
    at: new Date().toISOString(),
    machine: { name: hostname(), cores: cpus().length, memoryBytes: totalmem(), cpu: cpus()[0]?.model ?? '' },
    versions: { selvedge: projectVersion(), bun: Bun.version },
    sizes,
    figures: Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value)])),
    ...(details ? { details } : {}),
  };
  console.log(JSON.stringify(line));
}

function projectVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dir, '../package.json'), 'utf8'));
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return hasVersion ? String(manifest.version) : '';
}

function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 1000) / 1000;
}

/** The value below which this share of the sorted values lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** The usual ones of sorted values, for a report's details. */
export function quantiles(sorted: readonly number[]): Record<string, number> {
  const at = (share: number) => round(quantile(sorted, share));
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
