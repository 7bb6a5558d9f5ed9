// Carries the node's state up, level-triggered: each reporter keeps what should be true in the cloud, and is asked for it
// whenever that changes and whenever a link comes up, until the cloud has confirmed it.

import { type Clock, describeError, isFault, type Logger, runWorkers, WorkQueue } from '@selvedge/base';
import type { CloudRequests } from './cloud-requests.ts';

export interface Reporter {
  /** First part of the keys by which the uplink knows this reporter's work. */
  readonly name: string;
  /** What a new link should be told. */
  pending(): Iterable<string>;
  /** Tells the cloud the newest state of one thing; resolves with milliseconds after which to look again, if at all. */
  report(key: string): Promise<number | undefined>;
}

export interface UplinkOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly requests: CloudRequests;
  /** Reports in flight at a time. */
  readonly concurrency: number;
  readonly retryInitialMs: number;
  readonly retryMaxMs: number;
}

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #queue: WorkQueue<string>;
  readonly #reporters = new Map<string, Reporter>();

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options);
  }

  /** In the order of being added, reporters get their turn on a new link. */
  add(reporter: Reporter): void {
    this.#reporters.set(reporter.name, reporter);
  }

  /** There is something new to report; without a link it waits for the next one. */
  touch(reporter: string, key: string): void {
    if (this.#options.requests.link) this.#queue.add(`${reporter}:${key}`);
  }

  linkUp(): void {
    for (const reporter of this.#reporters.values()) {
      for (const key of reporter.pending()) this.touch(reporter.name, key);
    }
  }

  run(signal: AbortSignal): Promise<void> {
    return runWorkers({
      queue: this.#queue,
      concurrency: this.#options.concurrency,
      signal,
      reconcile: (key) => this.#report(key),
      onError: (key, error) =>
        this.#options.logger.warn('report to the cloud failed', {
          what: key,
          error: describeError(error),
        }),
    });
  }

  async #report(key: string): Promise<number | undefined> {
    if (!this.#options.requests.link) return undefined;
    const at = key.indexOf(':');
    try {
      return await this.#reporters.get(key.slice(0, at))?.report(key.slice(at + 1));
    } catch (error) {
      // The next link asks for everything again.
      if (isFault(error, 'metamanager/offline')) return undefined;
      throw error;
    }
  }
}
