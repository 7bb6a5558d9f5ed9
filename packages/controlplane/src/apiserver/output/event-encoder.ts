// Encodes watch events: each once per form for all watchers that read that form.

import type { Entry, StoreEvent } from '../../store/types.ts';
import type { Resource } from '../registry/resource.ts';
import { decodeStored, encodeStored, wholeObject } from '../stored-object.ts';
import { tableOf } from '../table/table.ts';
import type { EncodedEvent, EncodedEvents } from './encoded-events.ts';
import type { OutputFormat } from './output-format.ts';
import { partialObject } from './partial-object.ts';

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface EventEncoderOptions {
  readonly resource: Resource;
  readonly format: OutputFormat;
  readonly includeObject: string;
  readonly now: () => number;
  /** What was encoded for any watcher, for all others. */
  readonly encoded: EncodedEvents;
}

const encoder = new TextEncoder();
const tail = encoder.encode('}\n');
const heads: Record<EventType, Uint8Array> = {
  ADDED: encoder.encode('{"type":"ADDED","object":'),
  MODIFIED: encoder.encode('{"type":"MODIFIED","object":'),
  DELETED: encoder.encode('{"type":"DELETED","object":'),
};

export class EventEncoder {
  readonly #options: EventEncoderOptions;
  readonly #form: string;
  /** Column definitions go out with the first event of a Table watch only. */
  #columnsTold = false;

  constructor(options: EventEncoderOptions) {
    this.#options = options;
    this.#form = `${options.resource.version} ${options.resource.kind} ${options.format}`;
  }

  event(type: EventType, event: StoreEvent): EncodedEvent {
    if (this.#options.format === 'table')
      return this.#encode(type, objectOf(this.#options.resource, type, event));
    const form = `${type} ${this.#form}`;
    return this.#options.encoded.of(event, form, () =>
      this.#encode(type, objectOf(this.#options.resource, type, event)),
    );
  }

  initial(entry: Entry): EncodedEvent {
    return this.#encode('ADDED', entry);
  }

  bookmark(revision: number, annotations?: Record<string, string>): EncodedEvent {
    const { kind, group, version } = this.#options.resource;
    const metadata = {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(annotations ? { annotations } : {}),
    };
    const object = { kind, apiVersion: group === '' ? version : `${group}/${version}`, metadata };
    return encoder.encode(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  #encode(type: EventType, entry: Pick<Entry, 'value' | 'revision'>): Uint8Array {
    const { resource, format } = this.#options;
    if (format === 'object') return Buffer.concat([heads[type], ...wholeObject(resource, entry), tail]);
    const object = decodeStored(resource, entry);
    const shown = format === 'partial' ? partialObject(object) : this.#table(object, entry.revision);
    return Buffer.concat([heads[type], encoder.encode(JSON.stringify(shown)), tail]);
  }

  #table(object: ReturnType<typeof decodeStored>, revision: number): object {
    const { resource, includeObject, now } = this.#options;
    const meta = { resourceVersion: String(revision) };
    const table = tableOf({ resource, objects: [object], includeObject, meta, nowMs: now() });
    if (this.#columnsTold) table.columnDefinitions = null;
    this.#columnsTold = true;
    return table;
  }
}

/** What the event shows: the object as it is, or, deleted, as it last was under the deletion's own revision. */
function objectOf(resource: Resource, type: EventType, event: StoreEvent): Pick<Entry, 'value' | 'revision'> {
  if (type !== 'DELETED' && event.entry) return event.entry;
  const last = event.previous as Entry;
  const object = JSON.parse(Buffer.from(last.value).toString('utf8')) as Parameters<typeof encodeStored>[0];
  object.metadata = { ...object.metadata, resourceVersion: String(event.revision) };
  void resource;
  return { value: encodeStored(object), revision: event.revision };
}
