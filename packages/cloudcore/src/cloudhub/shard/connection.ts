// One client's connection in a shard: the upgrade, frames in and out, its deadlines. States: `head` (waiting for the upgrade
// request), `verdict` (waiting for the core), `open`, `closed`. Kept small: a shard holds thousands.

import { describeError } from '@selvedge/base';
import {
  closeCode,
  encodeCloseFrame,
  encodeFrame,
  FrameParser,
  type FrameParserOptions,
  type FrameSink,
  opcode,
} from '@selvedge/base/websocket';
import { buildRefusal, buildUpgradeResponse, checkUpgradeRequest, header, readHead } from '@selvedge/wire';
import type { TransportSocket } from '../transport/listener.ts';
import type { ShardLimits } from './protocol.ts';

/** What connections share, and whom they tell. One object per shard. */
export interface ConnectionOwner {
  readonly limits: ShardLimits;
  readonly parserOptions: FrameParserOptions;
  /** Milliseconds on a clock that is read once per tick, not per frame. */
  readonly nowMs: number;
  onUpgrade(connection: NodeConnection, headers: ReadonlyMap<string, string>): void;
  onMessage(connection: NodeConnection, kind: 'text' | 'binary', payload: Buffer): void;
  onCongestion(connection: NodeConnection, congested: boolean): void;
  /** By how much the bytes of unfinished messages changed; false when the shard has no room for them. */
  onUnfinished(changeBytes: number): boolean;
}

type State = 'head' | 'verdict' | 'open' | 'closed';

export class NodeConnection implements FrameSink {
  readonly id: number;
  readonly #owner: ConnectionOwner;
  readonly #socket: TransportSocket;
  #state: State = 'head';
  /** When it is closed unless something happens. */
  deadlineMs: number;
  /** Only `keepalive` messages put the deadline off (KubeEdge's rule for Go edges), or any frame. */
  anyFrameCounts = false;
  #congested = false;
  #unfinishedBytes = 0;
  #early: Buffer | undefined;
  #key = '';
  #parser: FrameParser | undefined;
  /** Why it closed, once it has. */
  reason = 'the connection broke';

  constructor(id: number, socket: TransportSocket, owner: ConnectionOwner) {
    this.id = id;
    this.#socket = socket;
    this.#owner = owner;
    this.deadlineMs = owner.nowMs + owner.limits.handshakeTimeoutMs;
  }

  get state(): State {
    return this.#state;
  }

  get socket(): TransportSocket {
    return this.#socket;
  }

  /** Tells the shard how many bytes of unfinished messages are held here. */
  #count(bytes: number): boolean {
    const change = bytes - this.#unfinishedBytes;
    this.#unfinishedBytes = bytes;
    return change === 0 || this.#owner.onUnfinished(change);
  }

  /** The socket is closed: gives back what the connection held. */
  release(): void {
    this.#state = 'closed';
    this.#parser = undefined;
    this.#count(0);
  }

  receive(data: Buffer): void {
    if (this.#state === 'open') this.#receiveFrames(data);
    else if (this.#state === 'head') this.#receiveHead(data);
    else if (this.#state === 'verdict') this.#refuse(400, 'bytes came before the answer to the upgrade');
  }

  #receiveHead(data: Buffer): void {
    const bytes = this.#early ? Buffer.concat([this.#early, data]) : data;
    try {
      const head = readHead(bytes);
      if (!head) {
        this.#early = bytes;
        return;
      }
      this.#early = undefined;
      const request = checkUpgradeRequest(head);
      if (head.length < bytes.length) throw new Error('bytes came before the answer to the upgrade');
      this.#key = request.key;
      this.#state = 'verdict';
      this.#owner.onUpgrade(this, request.headers);
    } catch (error) {
      this.#refuse(400, describeError(error));
    }
  }

  #refuse(status: 400 | 503, reason: string): void {
    this.#close(reason);
    this.#socket.write(Buffer.from(buildRefusal(status, reason)));
    this.#socket.end();
  }

  /** The core has given it a session. */
  accept(capabilities: string): void {
    if (this.#state !== 'verdict') return;
    this.#upgrade(capabilities === '' ? {} : { 'Selvedge-Capabilities': capabilities });
    this.#state = 'open';
    this.anyFrameCounts = capabilities !== '';
    this.#parser = new FrameParser(this.#owner.parserOptions);
    this.stayAlive();
  }

  #upgrade(headers: Readonly<Record<string, string>>): void {
    this.#socket.write(Buffer.from(buildUpgradeResponse(this.#key, headers)));
    this.#key = '';
  }

  stayAlive(): void {
    this.deadlineMs = this.#owner.nowMs + this.#owner.limits.keepaliveTimeoutMs;
  }

  #receiveFrames(data: Buffer): void {
    const parser = this.#parser;
    if (!parser) return;
    if (this.anyFrameCounts) this.stayAlive();
    const violation = parser.push(data, this);
    const hasRoom = this.#count(this.#parser?.bufferedBytes ?? 0);
    if (violation) this.close(violation.closeCode, violation.reason);
    else if (!hasRoom) this.close(closeCode.tryAgainLater, 'too many unfinished messages');
  }

  onMessage(kind: 'text' | 'binary', payload: Buffer): void {
    if (this.#state === 'open') this.#owner.onMessage(this, kind, payload);
  }

  onPing(payload: Buffer): void {
    this.#write(encodeFrame(opcode.pong, payload));
  }

  onPong(): void {
    // An answer to nothing: we send no pings, and RFC 6455 allows it.
  }

  onClose(code: number | undefined, reason: string): void {
    this.close(code ?? closeCode.normal, reason || 'the node closed the connection');
  }

  send(kind: 'text' | 'binary', payload: Buffer): void {
    this.#write(encodeFrame(kind === 'text' ? opcode.text : opcode.binary, payload));
  }

  #write(frame: Buffer): void {
    if (this.#state !== 'open') return;
    this.#socket.write(frame);
    const { bufferedBytes } = this.#socket;
    if (bufferedBytes > this.#owner.limits.maxKeptBytes) {
      this.#close('the node does not read what it is sent');
      this.#socket.destroy();
    } else if (!this.#congested && bufferedBytes > this.#owner.limits.congestedBytes) {
      this.#congested = true;
      this.#owner.onCongestion(this, true);
    }
  }

  drained(): void {
    if (!this.#congested) return;
    this.#congested = false;
    this.#owner.onCongestion(this, false);
  }

  /** Says why in a close frame, also to a client that still waits for its upgrade, and closes. */
  close(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'head') {
      this.#refuse(code === closeCode.tryAgainLater ? 503 : 400, reason);
      return;
    }
    if (this.#state === 'verdict') this.#upgrade({});
    this.#close(reason);
    this.#socket.write(encodeCloseFrame(code, reason));
    this.#socket.end();
  }

  #close(reason: string): void {
    this.#state = 'closed';
    this.reason = reason;
    this.deadlineMs = this.#owner.nowMs + this.#owner.limits.handshakeTimeoutMs;
    this.#parser = undefined;
    this.#count(0);
  }

  /** Its time is up: closes with a reason, or without mercy when that was tried already. */
  expire(): void {
    if (this.#state === 'closed') this.#socket.destroy();
    else if (this.#state === 'open') this.close(closeCode.policyViolation, 'no keepalive from the node');
    else this.close(closeCode.policyViolation, 'the upgrade took too long');
  }
}

/** The headers that the core decides by. */
export function connectHeaders(headers: ReadonlyMap<string, string>): {
  claimedNode: string;
  connectionUse: string;
  capabilities: string;
} {
  return {
    claimedNode: headers.get(header.nodeId) ?? '',
    connectionUse: headers.get(header.connectionUse) ?? '',
    capabilities: headers.get(header.capabilities) ?? '',
  };
}
