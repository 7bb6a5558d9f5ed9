// WATCH: the events of a collection from a revision on, as lines of JSON, until the client goes or its time is up.

import type { Entry, StoreEvent } from '../../store/types.ts';
import type { Answer, AnswerStream } from '../api-request.ts';
import type { EncodedEvent } from '../output/encoded-events.ts';
import { EventEncoder } from '../output/event-encoder.ts';
import { type OutputFormat, readOutputFormat } from '../output/output-format.ts';
import { type ListOptions, readListOptions } from '../query-options.ts';
import { matches, type Selector } from '../selectors.ts';
import { refuse, StatusError } from '../status-error.ts';
import { tooLarge } from './list.ts';
import { readSelector } from './selector.ts';
import type { VerbCall } from './target.ts';

/** Kubernetes ends watches that ask for no timeout after 30 to 60 minutes, spread so that they do not all return at once. */
const minTimeoutMs = 30 * 60_000;

export function watchVerb(call: VerbCall): Answer {
  const { context, request, target } = call;
  const options = readListOptions(request.query, true);
  const selector = readSelector(target, options);
  const format = readOutputFormat(request.headers.accept);
  if (context.metrics.watchers >= context.limits.maxWatches) {
    throw refuse.tooManyRequests('too many watches, please try again later', 5);
  }
  return {
    kind: 'stream',
    run: (stream) => new Watch({ call, options, selector, format, stream }).run(),
  };
}

interface WatchParts {
  readonly call: VerbCall;
  readonly options: ListOptions;
  readonly selector: Selector;
  readonly format: OutputFormat;
  readonly stream: AnswerStream;
}

class Watch {
  readonly #parts: WatchParts;
  readonly #encoder: EventEncoder;
  readonly #prefix: string;
  /** The revision up to which the client knows all that concerns it. */
  #revision = 0;
  /** Events that came while the first ones were still on their way, and their size; undefined afterwards. */
  #held: StoreEvent[] | undefined = [];
  #heldBytes = 0;
  #isOver = false;
  #end: () => void = () => undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    const { context, request, target } = parts.call;
    this.#prefix = target.namespace === '' ? '' : `${target.namespace}/`;
    this.#encoder = new EventEncoder({
      resource: target.resource,
      format: parts.format,
      includeObject: request.query.get('includeObject') ?? 'Metadata',
      now: () => context.clock.now(),
      encoded: context.encodedEvents,
    });
  }

  async run(): Promise<void> {
    const { call, options, stream } = this.#parts;
    const { context, request, target } = call;
    const collection = context.store.collection(target.resource.collection);
    const asked = options.resourceVersion ?? 0;
    stream.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    stream.flushHead();
    if (asked > context.store.revision) return this.#refuse(tooLarge(asked, context.store.revision));
    const fromState = asked === 0 || options.sendInitialEvents;
    const started = collection.watch(fromState ? context.store.revision : asked, (event) =>
      this.#tell(event),
    );
    if (started.kind === 'compacted') {
      return this.#refuse(refuse.gone(`too old resource version: ${asked} (${started.compactedRevision})`));
    }
    context.metrics.watchStarted(target.resource.collection);
    try {
      const first = fromState
        ? this.#state(collection.list({ prefix: this.#prefix }))
        : this.#missed(started.missed);
      const ended = this.#untilEnd(request.signal);
      await Promise.race([this.#tellFirst(first), ended]);
      await ended;
    } finally {
      this.#isOver = true;
      this.#end();
      started.stop();
      context.metrics.watchEnded(target.resource.collection);
    }
    stream.end();
  }

  async #untilEnd(signal: AbortSignal): Promise<void> {
    const { call, options } = this.#parts;
    const { clock, limits } = call.context;
    const timeoutMs =
      options.timeoutSeconds === undefined || options.timeoutSeconds <= 0
        ? minTimeoutMs * (1 + Math.random())
        : options.timeoutSeconds * 1000;
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    const timeout = clock.after(timeoutMs, this.#end);
    let bookmark = clock.after(limits.bookmarkIntervalMs, () => undefined);
    const remind = () => {
      this.#tellBookmark();
      bookmark = clock.after(limits.bookmarkIntervalMs, remind);
    };
    bookmark.cancel();
    if (options.allowWatchBookmarks) bookmark = clock.after(limits.bookmarkIntervalMs, remind);
    const leave = () => this.#end();
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    await ended;
    signal.removeEventListener('abort', leave);
    timeout.cancel();
    bookmark.cancel();
  }

  *#state(listed: { kind: string; entries?: Iterable<Entry> }): Generator<EncodedEvent> {
    const { call, selector, options } = this.#parts;
    const { revision } = call.context.store;
    this.#revision = revision;
    // As it is now: the collection goes on while the client reads.
    for (const entry of Array.from(listed.entries ?? [])) {
      if (matches(selector, entry)) yield this.#encoder.initial(entry);
    }
    if (options.sendInitialEvents && options.allowWatchBookmarks) {
      yield this.#encoder.bookmark(revision, { 'k8s.io/initial-events-end': 'true' });
    }
  }

  *#missed(events: readonly StoreEvent[]): Generator<EncodedEvent> {
    for (const event of events) {
      this.#revision = event.revision;
      const encoded = this.#encode(event);
      if (encoded) yield encoded;
    }
  }

  /** As fast as the client reads, however much there is; what is written meanwhile comes after it. */
  async #tellFirst(lines: Iterable<EncodedEvent>): Promise<void> {
    const { stream } = this.#parts;
    for (const line of lines) {
      if (!stream.write(line)) await stream.drained();
      if (this.#isOver) return;
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.#tell(event);
  }

  #hold(held: StoreEvent[], event: StoreEvent): void {
    held.push(event);
    this.#heldBytes += event.entry?.size ?? event.previous?.size ?? 0;
    if (this.#heldBytes > this.#parts.call.context.limits.maxWatchBufferBytes) this.#cutOff();
  }

  #tell(event: StoreEvent): void {
    if (!event.key.startsWith(this.#prefix)) {
      if (!this.#held) this.#revision = event.revision;
      return;
    }
    if (this.#held) {
      this.#hold(this.#held, event);
      return;
    }
    this.#revision = event.revision;
    const encoded = this.#encode(event);
    if (encoded) this.#write(encoded);
  }

  /** Undefined for what does not concern the client. */
  #encode(event: StoreEvent): EncodedEvent | undefined {
    if (!event.key.startsWith(this.#prefix)) return undefined;
    const { selector } = this.#parts;
    const before = event.previous !== undefined && matches(selector, event.previous);
    const after = event.entry !== undefined && matches(selector, event.entry);
    if (after) return this.#encoder.event(before ? 'MODIFIED' : 'ADDED', event);
    return before ? this.#encoder.event('DELETED', event) : undefined;
  }

  #tellBookmark(): void {
    // A bookmark promises that all before it was told.
    if (this.#held) return;
    this.#revision = Math.max(this.#revision, this.#parts.call.context.store.revision);
    this.#write(this.#encoder.bookmark(this.#revision));
  }

  /** Sends, unless the client has let too much pile up: it is cut off, and will list again. */
  #write(encoded: EncodedEvent): void {
    const { stream, call } = this.#parts;
    if (this.#isOver) return;
    if (stream.bufferedBytes > call.context.limits.maxWatchBufferBytes) {
      this.#cutOff();
      return;
    }
    stream.write(encoded);
  }

  #cutOff(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.call.context.metrics.watchDropped();
    this.#parts.stream.destroy();
    this.#end();
  }

  #refuse(error: Error): void {
    const { stream } = this.#parts;
    const status =
      error instanceof StatusError ? error.toObject() : refuse.internal(error.message).toObject();
    stream.write(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
    stream.end();
  }
}
