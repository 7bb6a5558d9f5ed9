// A watch as an async iterable: lines off a streamed answer become events; the server is held back when the reader lags.

import { type Clock, Fault } from '@selvedge/base';
import { ApiFault, apiFaultOf, isStatus } from './api-fault.ts';
import type { Connection } from './connection.ts';
import { isRecord } from './json.ts';
import type { WatchEvent } from './kube-client.ts';
import { LineDecoder } from './line-decoder.ts';
import type { HttpRequest, Transport } from './transport.ts';

export interface WatchLimits {
  readonly maxEventBytes: number;
  /** Events buffered before the connection is paused. */
  readonly maxBuffered: number;
  /**
   * A watch on which nothing comes for so long is ended, to be opened anew: the server may be gone, whatever TCP still
   * believes. It need not be: kube-apiserver sends bookmarks each minute, but none for a resource that never changed.
   */
  readonly maxSilenceMs: number;
}

const maxErrorBytes = 64 * 1024;

interface Feed {
  readonly lines: string[];
  error: Error | undefined;
  ended: boolean;
  aborted: boolean;
  connection: Connection | undefined;
  paused: boolean;
  heardMs: number;
  wake: () => void;
}

export interface WatchRequest {
  readonly transport: Transport;
  readonly request: HttpRequest & { readonly signal: AbortSignal };
  readonly limits: WatchLimits;
  readonly clock: Clock;
}

/** Yields events until the signal aborts or the server ends the watch; an ERROR event is thrown as an ApiFault. */
export async function* watchStream<T>({
  transport,
  request,
  limits,
  clock,
}: WatchRequest): AsyncGenerator<WatchEvent<T>> {
  const feed: Feed = {
    lines: [],
    error: undefined,
    ended: false,
    aborted: false,
    connection: undefined,
    paused: false,
    heardMs: clock.monotonic(),
    wake: () => undefined,
  };
  const abort = () => {
    feed.aborted = true;
    feed.ended = true;
    feed.lines.length = 0;
    feed.wake();
  };
  request.signal.addEventListener('abort', abort, { once: true });
  const endSilence = limitSilence(feed, limits.maxSilenceMs, clock);
  try {
    if (request.signal.aborted) return;
    feed.connection = await transport.stream(request, feedHandler(feed, limits, clock));
    yield* readFeed<T>(feed);
  } finally {
    endSilence();
    request.signal.removeEventListener('abort', abort);
    feed.connection?.destroy(new Fault('client/aborted', 'the watch was given up by its reader'));
  }
}

async function* readFeed<T>(feed: Feed): AsyncGenerator<WatchEvent<T>> {
  for (;;) {
    const batch = feed.lines.splice(0);
    for (const line of batch) {
      if (feed.aborted) return;
      const event = parseEvent<T>(line);
      if (event) yield event;
    }
    if (feed.paused && feed.lines.length === 0) {
      feed.paused = false;
      feed.connection?.resume();
    }
    if (feed.lines.length > 0) continue;
    if (feed.error) throw feed.error;
    if (feed.ended) return;
    await new Promise<void>((resolve) => {
      feed.wake = resolve;
    });
  }
}

/** Ends the feed when nothing has come for too long; a feed that is held back by its reader hears nothing by its own will. */
function limitSilence(feed: Feed, maxSilenceMs: number, clock: Clock): () => void {
  const look = () => {
    if (feed.paused) feed.heardMs = clock.monotonic();
    const leftMs = feed.heardMs + maxSilenceMs - clock.monotonic();
    if (leftMs > 0) {
      timer = clock.after(leftMs, look);
      return;
    }
    feed.ended = true;
    feed.wake();
  };
  let timer = clock.after(maxSilenceMs, look);
  return () => timer.cancel();
}

function feedHandler(feed: Feed, limits: WatchLimits, clock: Clock) {
  const decoder = new LineDecoder(limits.maxEventBytes);
  let failure: { statusCode: number; text: string } | undefined;
  return {
    head: (statusCode: number) => {
      if (statusCode !== 200) failure = { statusCode, text: '' };
    },
    data: (piece: Buffer) => {
      feed.heardMs = clock.monotonic();
      if (failure) {
        if (failure.text.length < maxErrorBytes) failure.text += piece.toString('utf8');
        return;
      }
      feed.lines.push(...decoder.push(piece));
      if (feed.lines.length > limits.maxBuffered && !feed.paused) {
        feed.paused = true;
        feed.connection?.pause();
      }
      if (feed.lines.length > 0) feed.wake();
    },
    end: () => {
      if (failure) feed.error = apiFaultOf(failure.statusCode, failure.text);
      feed.ended = true;
      feed.wake();
    },
    fail: (error: Error) => {
      if (!feed.ended) feed.error = error;
      feed.wake();
    },
  };
}

const kinds: Readonly<Record<string, 'added' | 'modified' | 'deleted'>> = {
  ADDED: 'added',
  MODIFIED: 'modified',
  DELETED: 'deleted',
};

/** One line of a watch; throws when it is an error or no watch event at all. */
export function parseEvent<T>(line: string): WatchEvent<T> | undefined {
  const event = parseJson(line);
  if (!isRecord(event) || !isRecord(event.object) || typeof event.type !== 'string') throw malformed(line);
  const { object, type } = event;
  if (type === 'ERROR') throw new ApiFault(isStatus(object) ? object : { message: 'the watch failed' });
  const metadata = object.metadata;
  if (!isRecord(metadata) || typeof metadata.resourceVersion !== 'string') throw malformed(line);
  if (type === 'BOOKMARK') return { kind: 'bookmark', resourceVersion: metadata.resourceVersion };
  const kind = kinds[type];
  // An event type of a later Kubernetes: nothing we asked for.
  if (kind === undefined) return undefined;
  return { kind, object } as unknown as WatchEvent<T>;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw malformed(line, cause);
  }
}

function malformed(line: string, cause?: unknown): Fault {
  return new Fault('client/malformed-response', `the API server sent no watch event: ${line.slice(0, 200)}`, {
    cause,
  });
}
