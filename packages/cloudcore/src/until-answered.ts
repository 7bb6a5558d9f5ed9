// Asks the API server until it answers: it may be starting, or away for a while.

import { Backoff, type Clock, describeError, Fault, type Logger, sleep } from '@selvedge/base';

const retryInitialMs = 250;
const retryMaxMs = 5_000;

export interface AskOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the asking at once, also while a request is under way. */
  readonly signal?: AbortSignal | undefined;
}

/** Rejects with what no other try can better, or with the signal's reason. */
export async function untilAnswered<Result>(
  action: () => Promise<Result>,
  { clock, logger, signal }: AskOptions,
): Promise<Result> {
  const backoff = new Backoff({ initialMs: retryInitialMs, maxMs: retryMaxMs });
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await unlessAborted(action(), signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Fault) || !error.retryable) throw error;
      logger.warn('the API server does not answer yet', { reason: describeError(error) });
      await sleep(clock, backoff.next(), signal);
    }
  }
}

async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (!signal) return work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
