// Messages to bytes and back: byte for byte what KubeEdge's Go programs write, and only what passes the schema read.

import { Fault } from '@selvedge/base';
import type { Message, MessageHeader, MessageRoute } from './message.ts';

export interface DecodeOptions {
  readonly maxBytes?: number;
}

/** KubeEdge's own cap, from v1.23.1 on. */
export const defaultMaxMessageBytes = 32 * 1024 * 1024;

const maxFieldLength = 4_096;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One line of JSON with fields in Go's order and a line break at its end, as Go's encoder leaves it. */
export function encodeMessage(message: Message): string {
  const { header, route, content } = message;
  const ordered = {
    header: {
      msg_id: header.msg_id,
      parent_msg_id: header.parent_msg_id || undefined,
      timestamp: header.timestamp,
      resourceversion: header.resourceversion || undefined,
      sync: header.sync || undefined,
      type: header.type || undefined,
    },
    route: {
      source: route.source || undefined,
      destination: route.destination || undefined,
      group: route.group || undefined,
      operation: route.operation || undefined,
      resource: route.resource || undefined,
    },
    content: content === undefined ? null : content,
  };
  return `${escapeAsGo(JSON.stringify(ordered))}\n`;
}

const goEscapes: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** Go escapes what would be unsafe in HTML; in JSON text these characters only ever stand inside strings. */
function escapeAsGo(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => goEscapes[character] ?? character);
}

/** Reads one message; faults `wire/too-large` before parsing, `wire/bad-message` with the part that is wrong. */
export function decodeMessage(bytes: Uint8Array | string, options: DecodeOptions = {}): Message {
  const maxBytes = options.maxBytes ?? defaultMaxMessageBytes;
  if (bytes.length > maxBytes) {
    throw new Fault('wire/too-large', `a message of ${bytes.length} bytes is over the limit of ${maxBytes}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(typeof bytes === 'string' ? bytes : utf8.decode(bytes));
  } catch (cause) {
    throw new Fault('wire/bad-message', 'a message is not JSON', { cause });
  }
  return checkMessage(value);
}

/** Holds parsed JSON against the schema of a message; unknown fields are dropped. */
export function checkMessage(value: unknown): Message {
  const fields = record(value, 'message');
  return {
    header: checkHeader(record(fields.header, 'header')),
    route: checkRoute(record(fields.route ?? {}, 'route')),
    content: fields.content ?? null,
  };
}

function checkHeader(fields: Record<string, unknown>): MessageHeader {
  const timestamp = fields.timestamp ?? 0;
  if (typeof timestamp !== 'number') throw bad('header.timestamp is not a number');
  const header: Mutable<MessageHeader> = { msg_id: text(fields, 'msg_id'), timestamp };
  if (fields.parent_msg_id !== undefined) header.parent_msg_id = text(fields, 'parent_msg_id');
  if (fields.resourceversion !== undefined) header.resourceversion = text(fields, 'resourceversion');
  if (fields.sync === true) header.sync = true;
  if (fields.type !== undefined) header.type = text(fields, 'type');
  return header;
}

function checkRoute(fields: Record<string, unknown>): MessageRoute {
  const route: Mutable<MessageRoute> = {
    source: text(fields, 'source'),
    group: text(fields, 'group'),
    operation: text(fields, 'operation'),
    resource: text(fields, 'resource'),
  };
  if (fields.destination !== undefined) route.destination = text(fields, 'destination');
  return route;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad(`${what} is not an object`);
  }
  // A JSON object has string keys and nothing else.
  return value as Record<string, unknown>;
}

function text(fields: Record<string, unknown>, name: string): string {
  const value = fields[name] ?? '';
  if (typeof value !== 'string') throw bad(`${name} is not a string`);
  if (value.length > maxFieldLength) throw bad(`${name} is longer than ${maxFieldLength} characters`);
  return value;
}

function bad(why: string): Fault {
  return new Fault('wire/bad-message', `a message does not fit the schema: ${why}`);
}
