// Counters and gauges of cloudcore in Prometheus' text form; bounded, because every label value comes from a fixed set.

export interface CloudMetrics {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  /** Read anew whenever the metrics are asked for. */
  gauge(name: string, read: () => number): void;
}

/** What is beyond is not counted: a guard against a label that was not from a fixed set after all. */
const maxSeries = 2_000;

export class MetricRegistry implements CloudMetrics {
  readonly #counters = new Map<string, number>();
  readonly #gauges = new Map<string, () => number>();

  count(name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    const series = seriesName(name, labels);
    const before = this.#counters.get(series);
    if (before === undefined && this.#counters.size >= maxSeries) return;
    this.#counters.set(series, (before ?? 0) + by);
  }

  gauge(name: string, read: () => number): void {
    this.#gauges.set(name, read);
  }

  /** The exposition text. */
  text(): string {
    const lines: string[] = [];
    let family = '';
    for (const [series, value] of [...this.#counters].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const name = series.split('{')[0] ?? series;
      if (name !== family) lines.push(`# TYPE ${name} counter`);
      family = name;
      lines.push(`${series} ${value}`);
    }
    for (const [name, read] of this.#gauges) lines.push(`# TYPE ${name} gauge`, `${name} ${read()}`);
    return `${lines.join('\n')}\n`;
  }
}

function seriesName(name: string, labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return parts.length === 0 ? name : `${name}{${parts.join(',')}}`;
}
