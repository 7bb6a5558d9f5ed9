// Events on their way up: equal ones counted together, floods damped, kept on disk within a bound while there is no link.

import { createHash } from 'node:crypto';
import type { Event } from '@selvedge/kubernetes';
import { capability } from '@selvedge/wire';
import { readAnswer } from './cloud-answer.ts';
import { parseStored, type Statement } from './database.ts';
import type { MetaContext } from './meta-context.ts';
import type { Reporter } from './uplink.ts';

interface Series {
  readonly event: Event;
  readonly count: number;
  readonly lastAtMs: number;
}

interface Allowance {
  tokens: number;
  atMs: number;
}

interface EventRow {
  readonly sequence: number;
  readonly operation: 'insert' | 'update';
  readonly content: string;
}

/** As client-go: events of one kind within this time count as one. */
const seriesMs = 10 * 60_000;
/** As client-go's spam filter, per object: a burst, then one each five minutes. */
const burst = 25;
const refillMs = 5 * 60_000;
const maxTracked = 1_024;
const batchSize = 20;
const only = 'events';

export class EventRecorder implements Reporter {
  readonly name = 'event';
  readonly #context: MetaContext;
  readonly #maxStored: number;
  readonly #touch: () => void;
  readonly #series = new Map<string, Series>();
  readonly #allowances = new Map<string, Allowance>();
  readonly #insert: Statement<never>;
  readonly #next: Statement<EventRow>;
  readonly #deleteUpTo: Statement<never>;
  readonly #deleteOldest: Statement<never>;
  #stored: number;
  #dropped = 0;

  constructor(context: MetaContext, options: { maxStored: number; touch: () => void }) {
    this.#context = context;
    this.#maxStored = options.maxStored;
    this.#touch = options.touch;
    const { database } = context;
    this.#insert = database.prepare('INSERT INTO event (operation, content) VALUES (?, ?)');
    this.#next = database.prepare(
      `SELECT sequence, operation, content FROM event ORDER BY sequence LIMIT ${batchSize}`,
    );
    this.#deleteUpTo = database.prepare('DELETE FROM event WHERE sequence <= ?');
    this.#deleteOldest = database.prepare(
      'DELETE FROM event WHERE sequence = (SELECT MIN(sequence) FROM event)',
    );
    this.#stored = database.prepare<{ n: number }>('SELECT COUNT(*) AS n FROM event').get()?.n ?? 0;
  }

  /** Events lost since the start: damped, or dropped for newer ones while there was no link. */
  get dropped(): number {
    return this.#dropped;
  }

  record(event: Event): void {
    if (!this.#isAllowed(event)) {
      this.#dropped++;
      return;
    }
    const key = seriesKey(event);
    const nowMs = this.#context.clock.now();
    const earlier = this.#series.get(key);
    const isRepeated = earlier !== undefined && nowMs - earlier.lastAtMs < seriesMs;
    const merged = isRepeated ? repeated(earlier, event) : event;
    remember(this.#series, key, { event: merged, count: merged.count ?? 1, lastAtMs: nowMs });
    this.#store(isRepeated ? 'update' : 'insert', merged);
  }

  pending(): Iterable<string> {
    return [only];
  }

  /** In order, and gone from the disk once the cloud has taken or refused them. */
  async report(): Promise<number | undefined> {
    // Clouds older than KubeEdge 1.19 know no events and log an error for each; ours shows itself by its extensions.
    if (!this.#context.requests.link?.capabilities.size) return undefined;
    const rows = this.#next.all();
    await Promise.all(rows.map((row) => this.#send(row)));
    const last = rows.at(-1);
    if (!last) return undefined;
    await this.#context.commits.done(() => {
      this.#deleteUpTo.run(last.sequence);
      return () => {
        this.#stored = Math.max(0, this.#stored - rows.length);
      };
    });
    return rows.length === batchSize ? 1 : undefined;
  }

  async #send(row: EventRow): Promise<void> {
    const event = parseStored<Event>(row.content);
    const { requests, logger } = this.#context;
    const request = {
      operation: row.operation,
      resource: `${event.metadata.namespace ?? 'default'}/event/${event.metadata.name}`,
      content: event,
    };
    // KubeEdge's clouds do not answer events; ours do where both know `pipeline`.
    if (!requests.link?.capabilities.has(capability.pipeline)) {
      requests.tell(request);
      return;
    }
    const answer = readAnswer(await requests.ask(request));
    if (answer.kind === 'failed')
      logger.debug('event refused by the cloud', { event: event.metadata.name, ...answer.status });
  }

  #store(operation: EventRow['operation'], event: Event): void {
    if (this.#maxStored === 0) return;
    this.#context.commits.lazily({
      apply: () => {
        this.#insert.run(operation, JSON.stringify(event));
        const isFull = this.#stored >= this.#maxStored;
        if (isFull) this.#deleteOldest.run();
        return () => {
          if (isFull) this.#dropped++;
          else this.#stored++;
          this.#touch();
        };
      },
      // An event is not worth keeping a full disk busy.
      failed: () => this.#dropped++,
    });
  }

  #isAllowed({ involvedObject, source }: Event): boolean {
    const key = `${source?.component}/${involvedObject.kind}/${involvedObject.uid}/${involvedObject.name}`;
    const nowMs = this.#context.clock.monotonic();
    const { tokens, atMs } = this.#allowances.get(key) ?? { tokens: burst, atMs: nowMs };
    const refilled = Math.min(burst, tokens + (nowMs - atMs) / refillMs);
    remember(this.#allowances, key, { tokens: Math.max(0, refilled - 1), atMs: nowMs });
    return refilled >= 1;
  }
}

function repeated(earlier: Series, event: Event): Event {
  return {
    ...event,
    metadata: earlier.event.metadata,
    firstTimestamp: earlier.event.firstTimestamp ?? event.firstTimestamp,
    count: earlier.count + 1,
  };
}

function seriesKey({ involvedObject, reason, message, type, source }: Event): string {
  const { kind, uid, name, namespace, fieldPath } = involvedObject;
  const parts = [kind, namespace, name, uid, fieldPath, reason, message, type, source?.component];
  return createHash('sha1').update(JSON.stringify(parts)).digest('base64');
}

/** Sets and makes the newest; the oldest go when there are too many. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= maxTracked) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}
