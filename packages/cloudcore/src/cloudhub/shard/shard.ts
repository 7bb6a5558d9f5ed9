// A hub shard: sockets, TLS, framing, keepalive and size caps for its share of the connections. Knows nothing of Kubernetes:
// what messages mean, and who may connect, is the core's to say, over the link.

import type { Clock, TimerHandle } from '@selvedge/base';
import { describeError } from '@selvedge/base';
import { closeCode, type FrameParserOptions } from '@selvedge/base/websocket';
import { nodeOfSubject, readCertificate, subjectOf } from '@selvedge/pki';
import { listenOnBun } from '../transport/bun-listener.ts';
import type { TransportHandlers, TransportListener, TransportSocket } from '../transport/listener.ts';
import { listenOnNode } from '../transport/node-listener.ts';
import { type ConnectionOwner, connectHeaders, NodeConnection } from './connection.ts';
import { isKeepalive } from './keepalive.ts';
import type { Link } from './link.ts';
import {
  type ConnectRequest,
  defaultShardLimits,
  type ShardConfig,
  type ShardLimits,
  type ShardReport,
} from './protocol.ts';
import { decodeClose, encodeRecord, type LinkRecord, recordKind } from './record.ts';

const tickMs = 1_000;
const reportEveryTicks = 5;

export class Shard implements ConnectionOwner, TransportHandlers<NodeConnection> {
  limits: ShardLimits = defaultShardLimits;
  parserOptions: FrameParserOptions = parserOptionsOf(defaultShardLimits);
  nowMs: number;
  readonly #clock: Clock;
  readonly #send: Pick<Link, 'send' | 'congested'>;
  readonly #connections = new Map<number, NodeConnection>();
  /** Connections that are not read until the core reads again. */
  readonly #paused = new Set<NodeConnection>();
  #listener: TransportListener | undefined;
  #configuration = 0;
  #ticker: TimerHandle | undefined;
  #ticks = 0;
  #lastId = 0;
  #unfinishedBytes = 0;
  readonly #counts = { bytesIn: 0, bytesOut: 0, keepalives: 0, handshakes: 0, refused: 0 };

  constructor(options: { readonly clock: Clock; readonly link: Pick<Link, 'send' | 'congested'> }) {
    this.#clock = options.clock;
    this.#send = options.link;
    this.nowMs = options.clock.monotonic();
    this.#scheduleTick();
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Ends everything: the port, the connections, the ticker. */
  stop(): void {
    this.#ticker?.cancel();
    this.#configuration++;
    this.#listener?.stop();
    for (const connection of this.#connections.values()) connection.socket.destroy();
  }

  onRecord(record: LinkRecord): void {
    if (record.kind === recordKind.configure) {
      this.#configure(JSON.parse(record.payload.toString('utf8')) as ShardConfig);
      return;
    }
    const connection = this.#connections.get(record.connection);
    if (!connection) return;
    switch (record.kind) {
      case recordKind.accept:
        connection.accept(record.payload.toString('utf8'));
        break;
      case recordKind.close: {
        const { code, reason } = decodeClose(record.payload);
        connection.close(code, reason);
        break;
      }
      case recordKind.sendText:
      case recordKind.sendBinary:
        this.#counts.bytesOut += record.payload.length;
        connection.send(record.kind === recordKind.sendText ? 'text' : 'binary', record.payload);
        break;
    }
  }

  /** The core reads again. */
  onRelieved(): void {
    for (const connection of this.#paused) {
      connection.stayAlive();
      connection.socket.resume();
    }
    this.#paused.clear();
  }

  /** Listens anew beside what listens already, which ends only then: a certificate that does not work loses nothing. */
  #configure(config: ShardConfig): void {
    this.limits = config.limits;
    this.parserOptions = parserOptionsOf(config.limits);
    const listen = config.transport === 'bun' ? listenOnBun : listenOnNode;
    const port = this.#listener?.port ?? config.port;
    const configuration = ++this.#configuration;
    listen<NodeConnection>(
      { ...config, port, reusePort: true, handshakeTimeoutMs: config.limits.handshakeTimeoutMs },
      this,
    ).then(
      (listener) => {
        // A newer configuration, or the end, came while this one was on its way.
        if (configuration !== this.#configuration) return listener.stop();
        this.#listener?.stop();
        this.#listener = listener;
        this.#send.send(encodeRecord(recordKind.listening, 0, JSON.stringify({ port: listener.port })));
      },
      (error: unknown) => this.#send.send(encodeRecord(recordKind.failed, 0, describeError(error))),
    );
  }

  onOpen(socket: TransportSocket): NodeConnection {
    this.#counts.handshakes++;
    this.#lastId = (this.#lastId % 0xffff_fffe) + 1;
    const connection = new NodeConnection(this.#lastId, socket, this);
    this.#connections.set(connection.id, connection);
    if (this.#connections.size > this.limits.maxConnections) {
      connection.close(closeCode.tryAgainLater, 'the hub has as many connections as it can take');
    }
    return connection;
  }

  onData(connection: NodeConnection, data: Buffer): void {
    this.#counts.bytesIn += data.length;
    connection.receive(data);
    if (this.#send.congested && connection.state === 'open' && !this.#paused.has(connection)) {
      this.#paused.add(connection);
      connection.socket.pause();
    }
  }

  onDrain(connection: NodeConnection): void {
    connection.drained();
  }

  onClose(connection: NodeConnection): void {
    this.#connections.delete(connection.id);
    this.#paused.delete(connection);
    connection.release();
    this.#send.send(encodeRecord(recordKind.disconnected, connection.id, connection.reason));
  }

  onRefused(): void {
    this.#counts.refused++;
  }

  onError(): void {
    // A broken connection: `onClose` follows and tells the core.
  }

  onUpgrade(connection: NodeConnection, headers: ReadonlyMap<string, string>): void {
    const certificate = readCertificate(connection.socket.peerCertificate() ?? new Uint8Array());
    const request: ConnectRequest = {
      certificateNode: nodeOfSubject(subjectOf(certificate)),
      ...connectHeaders(headers),
      remoteAddress: connection.socket.remoteAddress,
      certificateExpiresAtMs: Date.parse(certificate.validTo),
    };
    this.#send.send(encodeRecord(recordKind.connect, connection.id, JSON.stringify(request)));
  }

  onMessage(connection: NodeConnection, kind: 'text' | 'binary', payload: Buffer): void {
    if (kind === 'text' && isKeepalive(payload)) {
      this.#counts.keepalives++;
      connection.stayAlive();
      return;
    }
    this.#send.send(
      encodeRecord(kind === 'text' ? recordKind.text : recordKind.binary, connection.id, payload),
    );
  }

  onCongestion(connection: NodeConnection, congested: boolean): void {
    this.#send.send(encodeRecord(congested ? recordKind.congested : recordKind.relieved, connection.id));
  }

  onUnfinished(changeBytes: number): boolean {
    this.#unfinishedBytes += changeBytes;
    return changeBytes <= 0 || this.#unfinishedBytes <= this.limits.maxUnfinishedBytes;
  }

  #scheduleTick(): void {
    this.#ticker = this.#clock.after(tickMs, () => {
      this.#scheduleTick();
      this.#tick();
    });
  }

  #tick(): void {
    this.nowMs = this.#clock.monotonic();
    for (const connection of this.#connections.values()) {
      if (connection.deadlineMs <= this.nowMs && !this.#paused.has(connection)) connection.expire();
    }
    if (this.#ticks++ % reportEveryTicks === 0) this.report();
  }

  report(): void {
    const { user, system } = process.cpuUsage();
    const report: ShardReport = {
      connections: this.#connections.size,
      rssBytes: process.memoryUsage.rss(),
      cpuMs: (user + system) / 1000,
      ...this.#counts,
    };
    this.#send.send(encodeRecord(recordKind.report, 0, JSON.stringify(report)));
  }
}

function parserOptionsOf(limits: ShardLimits): FrameParserOptions {
  return { expectMasked: true, maxMessageBytes: limits.maxMessageBytes, checkUtf8: true };
}
