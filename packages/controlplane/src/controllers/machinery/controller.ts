// What every controller is given, and the loop that all of them share: keys from informer events, worked on one at a time.

import { type Clock, describeError, isFault, type Logger, runWorkers, WorkQueue } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import type { EventRecorder } from './event-recorder.ts';
import type { SharedInformers } from './shared-informers.ts';

export interface ControllerContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly informers: SharedInformers;
  readonly events: EventRecorder;
}

/** Runs until the signal aborts. Informers are synced before it is called. */
export type Controller = (context: ControllerContext, signal: AbortSignal) => Promise<void>;

export interface ReconcileLoop {
  readonly name: string;
  readonly context: ControllerContext;
  readonly signal: AbortSignal;
  readonly concurrency: number;
  readonly reconcile: (key: string) => Promise<number | undefined>;
  /** Subscribes to informers, given the queue; returns what ends the subscriptions. */
  readonly follow: (queue: WorkQueue<string>) => Array<() => void>;
}

export async function runController(loop: ReconcileLoop): Promise<void> {
  const { context, signal, reconcile, concurrency } = loop;
  const log = context.logger.with({ controller: loop.name });
  const queue = new WorkQueue<string>({ clock: context.clock, retryInitialMs: 5, retryMaxMs: 60_000 });
  const endings = loop.follow(queue);
  try {
    await runWorkers({
      queue,
      concurrency,
      reconcile,
      signal,
      onError: (key, error) => {
        if (isExpected(error)) log.debug('will try again', { key, error: describeError(error) });
        else log.warn('reconcile failed', { key, error: describeError(error) });
      },
    });
  } finally {
    for (const end of endings) end();
  }
}

/** Somebody else wrote first, or the object went away in between: the next look at the key sorts it out. */
function isExpected(error: unknown): boolean {
  return isApiFault(error, 'Conflict', 'NotFound', 'AlreadyExists') || isFault(error, 'client/closed');
}

/** Resolves with undefined where the object is already gone: what deletions and patches of dependents want. */
export async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isApiFault(error, 'NotFound')) return undefined;
    throw error;
  }
}
