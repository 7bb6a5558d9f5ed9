// CloudHub's core: sessions by node, messages between nodes and the controllers. Sockets are the shards' matter.

import { type Clock, describeError, type Logger, type TimerHandle } from '@selvedge/base';
import { closeCode } from '@selvedge/base/websocket';
import {
  type Capability,
  cloudSources,
  commonCapabilities,
  decodeMessage,
  formatCapabilities,
  type Message,
  okContent,
  operation,
  parseCapabilities,
} from '@selvedge/wire';
import { decideAdmission } from './admission.ts';
import type { Hub, NodeSession } from './hub.ts';
import { type HubCounters, newHubCounters } from './hub-counters.ts';
import { type Listener, Listeners } from './listeners.ts';
import { Session, type SessionOwner } from './session.ts';
import type { ConnectRequest, ShardReport } from './shard/protocol.ts';
import { encodeClose, encodeRecord, type LinkRecord, recordKind } from './shard/record.ts';
import type { ShardHandlers, ShardLink } from './shard-group.ts';

export interface CloudHubOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeLimit: number;
  readonly capabilities: ReadonlySet<Capability>;
  readonly maxMessageBytes: number;
}

const tickMs = 1_000;
/** How often sessions are held against the end of their certificates. */
const expiryCheckTicks = 60;

export class CloudHub implements Hub, ShardHandlers, SessionOwner, Disposable {
  readonly counters: HubCounters = newHubCounters();
  readonly logger: Logger;
  readonly #options: CloudHubOptions;
  readonly #byNode = new Map<string, Session>();
  readonly #byConnection = new Map<ShardLink, Map<number, Session>>();
  readonly #reports = new Map<number, ShardReport>();
  /** Sessions to look at in the next turn, and those whose deliveries wait for time to pass. */
  #due = new Set<Session>();
  readonly #waiting = new Set<Session>();
  #scheduled = false;
  #ticker: TimerHandle | undefined;
  #ticks = 0;
  #lastSessionId = 0;
  readonly #granted = new Map<string, { set: ReadonlySet<Capability>; text: string }>();
  readonly #connected: Listeners<[NodeSession]>;
  readonly #disconnected: Listeners<[NodeSession, string]>;
  readonly #messages: Listeners<[NodeSession, Message, number]>;

  constructor(options: CloudHubOptions) {
    this.#options = options;
    this.logger = options.logger;
    this.#connected = new Listeners(this.logger);
    this.#disconnected = new Listeners(this.logger);
    this.#messages = new Listeners(this.logger);
    this.#scheduleTick();
  }

  [Symbol.dispose](): void {
    this.#ticker?.cancel();
    for (const session of [...this.#byNode.values()]) this.#remove(session, 'cloudcore stops');
  }

  onConnected(listener: Listener<[NodeSession]>): Disposable {
    return this.#connected.add(listener);
  }

  onDisconnected(listener: Listener<[NodeSession, string]>): Disposable {
    return this.#disconnected.add(listener);
  }

  onMessage(listener: Listener<[NodeSession, Message, number]>): Disposable {
    return this.#messages.add(listener);
  }

  session(node: string): NodeSession | undefined {
    return this.#byNode.get(node);
  }

  sessions(): Iterable<NodeSession> {
    return this.#byNode.values();
  }

  get connectedNodes(): number {
    return this.#byNode.size;
  }

  shardReports(): ReadonlyMap<number, ShardReport> {
    return this.#reports;
  }

  onRecord(shard: ShardLink, record: LinkRecord): void {
    if (record.kind === recordKind.connect) {
      this.#connect(shard, record.connection, JSON.parse(record.payload.toString('utf8')) as ConnectRequest);
      return;
    }
    if (record.kind === recordKind.report) {
      this.#reports.set(shard.index, JSON.parse(record.payload.toString('utf8')) as ShardReport);
      return;
    }
    const session = this.#byConnection.get(shard)?.get(record.connection);
    if (!session) return;
    switch (record.kind) {
      case recordKind.text:
        this.#receive(session, record.payload);
        break;
      case recordKind.binary:
        session.receiveStreamFrame(record.payload);
        break;
      case recordKind.congested:
        session.setCongested(true);
        break;
      case recordKind.relieved:
        session.setCongested(false);
        break;
      case recordKind.disconnected:
        this.#remove(session, record.payload.toString('utf8'));
        break;
    }
  }

  onRelieved(shard: ShardLink): void {
    for (const session of this.#waiting) if (session.shard === shard) this.schedule(session);
  }

  onLost(shard: ShardLink): void {
    this.#reports.delete(shard.index);
    const sessions = [...(this.#byConnection.get(shard)?.values() ?? [])];
    this.#byConnection.delete(shard);
    for (const session of sessions) this.#remove(session, 'the hub shard ended');
  }

  #connect(shard: ShardLink, connection: number, request: ConnectRequest): void {
    const { certificateNode = '' } = request;
    const admission = decideAdmission(request, {
      nodeLimit: this.#options.nodeLimit,
      connectedNodes: this.#byNode.size,
      isConnected: this.#byNode.has(certificateNode),
    });
    if (admission.kind === 'refuse') {
      this.counters.refusedSessions++;
      this.logger.warn('session refused', {
        node: certificateNode,
        address: request.remoteAddress,
        reason: admission.reason,
      });
      shard.send(encodeClose(connection, admission.code, admission.reason));
      return;
    }
    const { node } = admission;
    const earlier = this.#byNode.get(node);
    if (earlier) {
      earlier.closeWith(closeCode.policyViolation, 'a newer connection of the node took over');
      this.#remove(earlier, 'a newer connection of the node took over');
    }
    const { set, text } = this.#grant(request.capabilities);
    const session = new Session(this, {
      node,
      id: ++this.#lastSessionId,
      capabilities: set,
      connectedAtMs: this.#options.clock.now(),
      shard,
      connection,
      certificateExpiresAtMs: request.certificateExpiresAtMs,
    });
    this.#byNode.set(node, session);
    this.#connectionsOf(shard).set(connection, session);
    shard.send(encodeRecord(recordKind.accept, connection, text));
    this.counters.sessions++;
    this.logger.debug('node connected', { node, address: request.remoteAddress, capabilities: text });
    this.#connected.notify(session);
  }

  /** Nodes with the same offer share one set. */
  #grant(offer: string): { set: ReadonlySet<Capability>; text: string } {
    const known = this.#granted.get(offer);
    if (known) return known;
    const set = commonCapabilities(parseCapabilities(offer), this.#options.capabilities);
    const granted = { set, text: formatCapabilities(set) };
    if (this.#granted.size < 1_000) this.#granted.set(offer, granted);
    return granted;
  }

  #connectionsOf(shard: ShardLink): Map<number, Session> {
    const known = this.#byConnection.get(shard);
    if (known) return known;
    const connections = new Map<number, Session>();
    this.#byConnection.set(shard, connections);
    return connections;
  }

  #remove(session: Session, reason: string): void {
    if (!session.open) return;
    session.finish(reason);
    this.#due.delete(session);
    this.#waiting.delete(session);
    this.#byConnection.get(session.shard)?.delete(session.connection);
    if (this.#byNode.get(session.node) === session) this.#byNode.delete(session.node);
    this.logger.debug('node disconnected', { node: session.node, reason });
    this.#disconnected.notify(session, reason);
  }

  #receive(session: Session, payload: Buffer): void {
    this.counters.messagesFromNodes++;
    let message: Message;
    try {
      message = decodeMessage(payload, { maxBytes: this.#options.maxMessageBytes });
    } catch (error) {
      this.counters.badMessages++;
      const reason = describeError(error);
      this.logger.warn('message refused', { node: session.node, reason });
      session.closeWith(closeCode.invalidPayload, reason);
      return;
    }
    if (message.route.operation === operation.keepalive) return;
    if (session.settle(message, this.#options.clock.monotonic())) {
      this.counters.bytes.acknowledgement += payload.length;
      return;
    }
    this.counters.bytes.upstream += payload.length;
    if (!this.#isForControllers(session, message)) return;
    this.#messages.notify(session, message, payload.length);
  }

  /** Acknowledgements of what nobody waits for, errors, and messages in the cloud's own name end here. */
  #isForControllers(session: Session, message: Message): boolean {
    const { route, content } = message;
    if (route.operation === operation.response && content === okContent) return false;
    if (route.operation === operation.error) {
      const reason = typeof content === 'string' ? content : undefined;
      this.logger.warn('a node reports an error', { node: session.node, resource: route.resource, reason });
      return false;
    }
    if (route.operation === operation.response || !cloudSources.has(route.source)) return true;
    this.counters.badMessages++;
    this.logger.warn('message in the name of a cloud module dropped', {
      node: session.node,
      source: route.source,
    });
    return false;
  }

  schedule(session: Session): void {
    this.#due.add(session);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#pumpDue());
  }

  #pumpDue(): void {
    this.#scheduled = false;
    const due = this.#due;
    this.#due = new Set();
    for (const session of due) this.#pump(session);
  }

  #pump(session: Session): void {
    const waits = session.pump(this.#options.clock.monotonic());
    if (waits) this.#waiting.add(session);
    else this.#waiting.delete(session);
  }

  #scheduleTick(): void {
    this.#ticker = this.#options.clock.after(tickMs, () => {
      this.#scheduleTick();
      for (const session of [...this.#waiting]) this.#pump(session);
      if (++this.#ticks % expiryCheckTicks === 0) this.#endExpired();
    });
  }

  /** A certificate is looked at when a connection begins; one that stands for years would outlive it. */
  #endExpired(): void {
    const nowMs = this.#options.clock.now();
    for (const session of [...this.#byNode.values()]) {
      if (session.certificateExpiresAtMs > nowMs) continue;
      const reason = "the node's certificate has expired";
      session.closeWith(closeCode.policyViolation, reason);
      this.#remove(session, reason);
    }
  }
}
