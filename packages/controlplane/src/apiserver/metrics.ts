// Counts what the API server does, and tells it in Prometheus' text form.

import type { Store } from '../store/store-contract.ts';

const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Different label sets beyond this number are counted under `other`: labels come from outside. */
const maxSeries = 5_000;

interface Latency {
  readonly counts: number[];
  sum: number;
  count: number;
}

export interface CountedRequest {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly code: number;
  readonly seconds: number;
}

export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #latencies = new Map<string, Latency>();
  readonly #watchers = new Map<string, number>();
  #watcherTotal = 0;
  #droppedWatches = 0;

  get watchers(): number {
    return this.#watcherTotal;
  }

  watchStarted(collection: string): void {
    this.#watcherTotal++;
    this.#watchers.set(collection, (this.#watchers.get(collection) ?? 0) + 1);
  }

  watchEnded(collection: string): void {
    this.#watcherTotal--;
    this.#watchers.set(collection, (this.#watchers.get(collection) ?? 1) - 1);
  }

  watchDropped(): void {
    this.#droppedWatches++;
  }

  count({ verb, group, resource, code, seconds }: CountedRequest): void {
    const what = `verb=${quote(verb.toUpperCase())},group=${quote(group)},resource=${quote(resource)}`;
    const series = `${what},code="${code}"`;
    const key = this.#requests.size < maxSeries || this.#requests.has(series) ? series : 'verb="other"';
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
    if (verb === 'watch') return;
    let latency = this.#latencies.get(what);
    if (!latency) {
      if (this.#latencies.size >= maxSeries) return;
      latency = { counts: bucketsSeconds.map(() => 0), sum: 0, count: 0 };
      this.#latencies.set(what, latency);
    }
    latency.count++;
    latency.sum += seconds;
    bucketsSeconds.forEach((bound, index) => {
      if (latency && seconds <= bound) latency.counts[index] = (latency.counts[index] ?? 0) + 1;
    });
  }

  render(store: Store): string {
    const lines = ['# TYPE apiserver_request_total counter'];
    for (const [labels, count] of this.#requests) lines.push(`apiserver_request_total{${labels}} ${count}`);
    lines.push('# TYPE apiserver_request_duration_seconds histogram');
    for (const [labels, latency] of this.#latencies) lines.push(...histogram(labels, latency));
    lines.push('# TYPE apiserver_longrunning_requests gauge');
    for (const [collection, count] of this.#watchers) {
      lines.push(`apiserver_longrunning_requests{verb="WATCH",resource=${quote(collection)}} ${count}`);
    }
    lines.push(
      '# TYPE apiserver_watch_dropped_total counter',
      `apiserver_watch_dropped_total ${this.#droppedWatches}`,
    );
    lines.push('# TYPE apiserver_storage_objects gauge');
    for (const collection of store.collections()) {
      lines.push(`apiserver_storage_objects{resource=${quote(collection.name)}} ${collection.size}`);
    }
    lines.push('# TYPE apiserver_storage_size_bytes gauge');
    for (const collection of store.collections()) {
      lines.push(`apiserver_storage_size_bytes{resource=${quote(collection.name)}} ${collection.bytes}`);
    }
    lines.push('# TYPE selvedge_store_revision counter', `selvedge_store_revision ${store.revision}`);
    lines.push(
      '# TYPE selvedge_store_pending_writes gauge',
      `selvedge_store_pending_writes ${store.pendingWrites}`,
    );
    lines.push(
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    );
    return `${lines.join('\n')}\n`;
  }
}

function histogram(labels: string, latency: Latency): string[] {
  const name = 'apiserver_request_duration_seconds';
  const lines = bucketsSeconds.map(
    (bound, index) => `${name}_bucket{${labels},le="${bound}"} ${latency.counts[index] ?? 0}`,
  );
  lines.push(`${name}_bucket{${labels},le="+Inf"} ${latency.count}`);
  lines.push(`${name}_sum{${labels}} ${latency.sum}`, `${name}_count{${labels}} ${latency.count}`);
  return lines;
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
