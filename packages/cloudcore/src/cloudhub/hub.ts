// What the rest of cloudcore may ask of CloudHub: who is connected, what they say, and the ways to reach them.

import type { Message } from '@selvedge/wire';

/** Called in the order of registration; a listener must not throw and must not wait. Dispose to stop. */
export interface Hub {
  /** A node's connection is up and its session stands. Called before any of its messages. */
  onConnected(listener: (session: NodeSession) => void): Disposable;
  /** The session is over: nothing sent or delivered on it arrives any more, its streams are closed. */
  onDisconnected(listener: (session: NodeSession, reason: string) => void): Disposable;
  /**
   * A message from a node, already checked against the schema; keepalives and acknowledgements never come here.
   * The resource is the wire's (`default/pod/nginx`); whose it is says the session, never the message. `bytes` is its length
   * on the wire: who keeps it for later has to count.
   */
  onMessage(listener: (session: NodeSession, message: Message, bytes: number) => void): Disposable;
  session(node: string): NodeSession | undefined;
  sessions(): Iterable<NodeSession>;
}

export interface Delivery {
  /** Identity of the object: a newer delivery of the same uid replaces a queued one. May be '' for a stub. */
  readonly uid: string;
  /** Called once when the node has said that it stored this version or a newer one of the same object. */
  readonly onAcknowledged?: () => void;
}

export interface NodeSession {
  readonly node: string;
  /** Unique in this process's life: tells a session from an earlier one of the same node. */
  readonly id: number;
  /** The extensions of the protocol both ends offered; empty for a Go edge. */
  readonly capabilities: ReadonlySet<string>;
  readonly connectedAtMs: number;
  readonly open: boolean;
  /** How many deliveries wait for their acknowledgement, queued ones included. */
  readonly pending: number;
  /** Sends without acknowledgement: replies, device traffic. Dropped (counted, logged) when the node does not keep up. */
  send(message: Message): void;
  /**
   * Queues for acknowledged delivery: resent until the node says it has it, newest resourceVersion of a uid wins, a delete
   * beats an update. What is not acknowledged when the session ends is forgotten: the next session starts from comparison.
   */
  deliver(message: Message, delivery: Delivery): void;
  /** A byte pipe to the node's kubelet endpoint; only with capability `streams`, throws `cloudhub/no-streams` without. */
  openStream(): NodeStream;
  /** Closes the connection; the reason travels in the close frame. */
  close(reason: string): void;
}

/** One stream: like one end of a TCP connection. Callbacks are set once, right after `openStream` returns. */
export interface NodeStream {
  /** Hands over bytes; false when the caller should wait for `onDrain`. The bytes are copied or sent before it returns. */
  write(data: Uint8Array): boolean;
  /** No more bytes from this side; the other direction goes on. */
  end(): void;
  /** Breaks the stream off at both ends. */
  reset(reason: string): void;
  /** Bytes from the node. They count against the window until `consumed` gives them back. */
  onData: (data: Uint8Array) => void;
  /** The caller has dealt with this many bytes: the node may send as many more. */
  consumed(bytes: number): void;
  onDrain: () => void;
  /** The node will send no more bytes. */
  onEnd: () => void;
  /** The stream is over in both directions; with a reason when it was broken off. Called once, last. */
  onClose: (reason: string | undefined) => void;
}
