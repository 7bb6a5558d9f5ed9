// One simulated node of the bench: a real mutual-TLS WebSocket connection that acknowledges what it is sent. Nothing is stored.

import { encodeFrame, FrameParser, type FrameSink, type Mask, opcode } from '@selvedge/base/websocket';
import {
  acknowledgementOf,
  buildUpgradeRequest,
  createMessage,
  decodeMessage,
  encodeMessage,
  keepaliveMessage,
  type MessageStamps,
  needsAcknowledgement,
  readHead,
} from '@selvedge/wire';

export interface LoadNodeCounts {
  connected: number;
  acknowledged: number;
  failed: number;
}

const stamps: MessageStamps = { newId: () => crypto.randomUUID(), nowMs: () => Date.now() };
const mask: Mask = [0x12, 0x34, 0x56, 0x78];
const parserOptions = { expectMasked: false, maxMessageBytes: 1 << 25, checkUtf8: false };

/** What a node needs of its socket. */
export interface Wire {
  write(bytes: Uint8Array): number;
}

export class LoadNode implements FrameSink {
  readonly name: string;
  readonly #counts: LoadNodeCounts;
  readonly #parser = new FrameParser(parserOptions);
  readonly #onUp: () => void;
  #wire: Wire | undefined;
  #early: Buffer | undefined = Buffer.alloc(0);
  #unsent: Buffer | undefined;
  #awaitedPods = 0;
  #onServed: () => void = () => undefined;

  constructor(name: string, counts: LoadNodeCounts, onUp: () => void) {
    this.name = name;
    this.#counts = counts;
    this.#onUp = onUp;
  }

  opened(wire: Wire): void {
    this.#wire = wire;
    const text = buildUpgradeRequest({
      host: 'hub',
      path: `/e632aba927ea4ac2b575ec1603d56f10/${this.name}/events`,
      key: 'AAAAAAAAAAAAAAAAAAAAAA==',
      headers: {
        node_id: this.name,
        project_id: 'e632aba927ea4ac2b575ec1603d56f10',
        ConnectionUse: 'msg',
        'Selvedge-Capabilities': 'pipeline, streams, digest, lease',
      },
    });
    this.#write(Buffer.from(text));
  }

  received(data: Buffer): void {
    let bytes = data;
    if (this.#early) {
      this.#early = Buffer.concat([this.#early, data]);
      const head = readHead(this.#early);
      if (!head) return;
      if (!head.startLine.includes(' 101 ')) throw new Error(this.#early.toString());
      bytes = this.#early.subarray(head.length);
      this.#early = undefined;
      this.#counts.connected++;
      this.#onUp();
      if (bytes.length === 0) return;
    }
    const violation = this.#parser.push(bytes, this);
    if (violation) throw new Error(violation.reason);
  }

  onMessage(_kind: 'text' | 'binary', payload: Buffer): void {
    const message = decodeMessage(payload);
    if (!needsAcknowledgement(message)) return;
    this.#send(encodeMessage(acknowledgementOf(stamps, message)));
    if (message.route.resource.split('/')[1] !== 'pod') return;
    this.#counts.acknowledged++;
    if (--this.#awaitedPods === 0) this.#onServed();
  }

  onPing(): void {}

  onPong(): void {}

  onClose(code: number | undefined, reason: string): void {
    this.#counts.failed++;
    console.error(`${this.name} closed: ${code} ${reason}`);
  }

  /** Says that it has nothing, which makes the hub deliver everything. Resolves when it has acknowledged this many pods. */
  ask(pods: number): Promise<void> {
    this.#awaitedPods = pods;
    const served = new Promise<void>((resolve) => {
      this.#onServed = resolve;
    });
    const message = createMessage(stamps, {
      route: {
        source: 'metamanager',
        group: 'meta',
        operation: 'query',
        resource: `null/digest/${this.name}`,
      },
      content: { objects: {} },
    });
    this.#send(encodeMessage(message));
    return served;
  }

  keepAlive(): void {
    this.#send(encodeMessage(keepaliveMessage(stamps)));
  }

  #send(text: string): void {
    this.#write(encodeFrame(opcode.text, text, mask));
  }

  #write(bytes: Buffer): void {
    if (this.#unsent) {
      this.#unsent = Buffer.concat([this.#unsent, bytes]);
      return;
    }
    const sent = this.#wire?.write(bytes) ?? -1;
    if (sent >= 0 && sent < bytes.length) this.#unsent = bytes.subarray(sent);
  }

  drained(): void {
    const bytes = this.#unsent;
    this.#unsent = undefined;
    if (bytes) this.#write(bytes);
  }
}
