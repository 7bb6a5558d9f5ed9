// Builds messages: requests, replies and acknowledgements. Identity and time come from the caller.

import type { Message, MessageRoute } from './message.ts';
import { group, okContent, operation, source } from './vocabulary.ts';

export interface MessageStamps {
  /** A new UUID for each message. */
  newId(): string;
  nowMs(): number;
}

/** A Kubernetes Status as it travels inside `Err` and as the content of an error reply. */
export interface StatusContent {
  readonly ErrStatus: Readonly<Record<string, unknown>>;
}

export interface ObjectReply {
  readonly Object: unknown;
  readonly Err: StatusContent | null;
}

export interface MessageFields {
  readonly route: MessageRoute;
  readonly content: unknown;
  readonly parentId?: string;
  readonly resourceVersion?: string;
}

export function createMessage(stamps: MessageStamps, fields: MessageFields): Message {
  return {
    header: {
      msg_id: stamps.newId(),
      ...(fields.parentId ? { parent_msg_id: fields.parentId } : {}),
      timestamp: stamps.nowMs(),
      ...(fields.resourceVersion ? { resourceversion: fields.resourceVersion } : {}),
    },
    route: fields.route,
    content: fields.content,
  };
}

export interface ReplyOptions {
  /** Where the reply says it comes from; the request's own source and group when absent. */
  readonly source?: string;
  readonly group?: string;
  readonly resourceVersion?: string;
}

/** Answers a request: new id, the request as parent, the same resource. */
export function replyTo(
  stamps: MessageStamps,
  request: Message,
  content: unknown,
  options: ReplyOptions = {},
): Message {
  return createMessage(stamps, {
    route: {
      source: options.source ?? request.route.source,
      group: options.group ?? request.route.group,
      operation: operation.response,
      resource: request.route.resource,
    },
    content,
    parentId: request.header.msg_id,
    resourceVersion: options.resourceVersion,
  });
}

/** Says that a message could not be dealt with; to a delivery this is no acknowledgement: it is sent again. */
export function errorReplyTo(stamps: MessageStamps, request: Message, text: string): Message {
  return createMessage(stamps, {
    route: { ...request.route, operation: operation.error },
    content: text,
    parentId: request.header.msg_id,
  });
}

/** The edge's acknowledgement of a delivery that it has stored. */
export function acknowledgementOf(stamps: MessageStamps, delivered: Message): Message {
  return replyTo(stamps, delivered, okContent, { group: group.resource });
}

export function keepaliveMessage(stamps: MessageStamps): Message {
  return createMessage(stamps, {
    route: {
      source: source.edgeHub,
      group: group.resource,
      operation: operation.keepalive,
      resource: 'node',
    },
    content: 'ping',
  });
}

/** Success of a write: both keys, in this case and order, because Go edges test for both. */
export function objectReply(object: unknown): ObjectReply {
  return { Object: object, Err: null };
}

/** Failure of a write: always a whole Status, because Go edges do not survive anything less. */
export function objectFailure(status: Readonly<Record<string, unknown>>): ObjectReply {
  return { Object: null, Err: { ErrStatus: status } };
}

export function statusContent(status: Readonly<Record<string, unknown>>): StatusContent {
  return { ErrStatus: status };
}

export function isObjectReply(content: unknown): content is ObjectReply {
  return typeof content === 'object' && content !== null && 'Object' in content && 'Err' in content;
}

/** Content that was an error in Go: a Status inside `ErrStatus`, or the empty object that any other error becomes. */
export function isErrorContent(content: unknown): content is StatusContent | Record<string, never> {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return false;
  return 'ErrStatus' in content || Object.keys(content).length === 0;
}
