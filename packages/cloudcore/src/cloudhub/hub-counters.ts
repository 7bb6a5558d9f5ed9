// What CloudHub counts, for its metrics: plain numbers, added to in place.

export interface HubCounters {
  messagesFromNodes: number;
  messagesToNodes: number;
  deliveries: number;
  /** Sends of deliveries, repeated ones included. */
  deliverySends: number;
  acknowledgements: number;
  refusedDeliveries: number;
  droppedMessages: number;
  badMessages: number;
  refusedSessions: number;
  sessions: number;
  /** Bytes of messages, without framing and TLS, by what they were for. */
  readonly bytes: {
    delivery: number;
    reply: number;
    stream: number;
    upstream: number;
    acknowledgement: number;
  };
}

export function newHubCounters(): HubCounters {
  return {
    messagesFromNodes: 0,
    messagesToNodes: 0,
    deliveries: 0,
    deliverySends: 0,
    acknowledgements: 0,
    refusedDeliveries: 0,
    droppedMessages: 0,
    badMessages: 0,
    refusedSessions: 0,
    sessions: 0,
    bytes: { delivery: 0, reply: 0, stream: 0, upstream: 0, acknowledgement: 0 },
  };
}
