// The part of SPDY/3.1 that a client of a streaming server needs: opening streams, data, half-close, ping. Pure.
// Source: the SPDY/3.1 draft, https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/

import { Fault } from '@selvedge/base';

const version = 3;
const headerLength = 8;
const finFlag = 0x01;
const controlType = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;

/** The largest frame that is taken from a peer, in bytes; a streaming server sends at most 32 KiB of data at a time. */
export const maxFrameLength = 1 << 20;

export type SpdyFrame =
  | { readonly kind: 'data'; readonly streamId: number; readonly fin: boolean; readonly payload: Uint8Array }
  | { readonly kind: 'reply'; readonly streamId: number; readonly fin: boolean }
  | { readonly kind: 'reset'; readonly streamId: number; readonly status: number }
  | { readonly kind: 'ping'; readonly id: number }
  | { readonly kind: 'goAway' }
  /** A control frame that asks nothing of us (settings, window updates, headers). */
  | { readonly kind: 'ignored'; readonly type: number };

/** An empty stored block: inflaters hand out what they hold when they meet one, as after a deflater's sync flush. */
const flush = Buffer.from([0, 0, 0, 0xff, 0xff]);

/**
 * Writes frames of one connection. Header blocks share one zlib stream per connection; it is written as stored blocks,
 * which any inflater reads, so that no compressor state has to be kept.
 */
export class SpdyWriter {
  #headersStarted = false;

  openStream(streamId: number, headers: Readonly<Record<string, string>>): Uint8Array {
    const block = this.#headerBlock(headers);
    const frame = controlFrame(controlType.synStream, 0, 10 + block.length);
    frame.writeUInt32BE(streamId & 0x7fffffff, headerLength);
    frame.set(block, headerLength + 10);
    return frame;
  }

  #headerBlock(headers: Readonly<Record<string, string>>): Uint8Array {
    const entries = Object.entries(headers).map(
      ([name, value]) => [Buffer.from(name), Buffer.from(value)] as const,
    );
    const plain = Buffer.concat([
      uint32(entries.length),
      ...entries.flatMap(([name, value]) => [uint32(name.length), name, uint32(value.length), value]),
    ]);
    if (plain.length > 0xffff)
      throw new Fault('apiserver/stream-headers', 'stream headers exceed 65535 bytes');
    const stored = Buffer.alloc(5);
    stored.writeUInt16LE(plain.length, 1);
    stored.writeUInt16LE(~plain.length & 0xffff, 3);
    const zlibHeader = this.#headersStarted ? [] : [Buffer.from([0x78, 0x01])];
    this.#headersStarted = true;
    return Buffer.concat([...zlibHeader, stored, plain, flush]);
  }
}

export function dataFrame(streamId: number, payload: Uint8Array, fin = false): Uint8Array {
  const frame = Buffer.allocUnsafe(headerLength + payload.length);
  frame.writeUInt32BE(streamId & 0x7fffffff, 0);
  frame.writeUInt32BE(payload.length, 4);
  frame[4] = fin ? finFlag : 0;
  frame.set(payload, headerLength);
  return frame;
}

export function pingFrame(id: number): Uint8Array {
  const frame = controlFrame(controlType.ping, 0, 4);
  frame.writeUInt32BE(id, headerLength);
  return frame;
}

/** Cuts a byte stream into frames, however the bytes arrive. */
export class SpdyReader {
  #pending: Buffer = Buffer.alloc(0);

  /** Throws `apiserver/stream-protocol` when the peer does not speak SPDY/3.1 or exceeds `maxFrameLength`. */
  read(chunk: Uint8Array): SpdyFrame[] {
    this.#pending = this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
    const frames: SpdyFrame[] = [];
    let offset = 0;
    while (this.#pending.length - offset >= headerLength) {
      const length = this.#pending.readUInt32BE(offset + 4) & 0xffffff;
      if (length > maxFrameLength)
        throw new Fault('apiserver/stream-protocol', `SPDY frame of ${length} bytes`);
      if (this.#pending.length - offset < headerLength + length) break;
      frames.push(parseFrame(this.#pending.subarray(offset, offset + headerLength + length)));
      offset += headerLength + length;
    }
    this.#pending = this.#pending.subarray(offset);
    return frames;
  }
}

function parseFrame(frame: Buffer): SpdyFrame {
  const first = frame.readUInt32BE(0);
  const fin = ((frame[4] ?? 0) & finFlag) !== 0;
  const body = frame.subarray(headerLength);
  if (first < 0x80000000) return { kind: 'data', streamId: first, fin, payload: body };
  if (((first >>> 16) & 0x7fff) !== version)
    throw new Fault('apiserver/stream-protocol', 'the peer does not speak SPDY/3.1');
  const type = first & 0xffff;
  const field = (at: number) => {
    if (body.length < at + 4)
      throw new Fault('apiserver/stream-protocol', `SPDY control frame ${type} is cut short`);
    return body.readUInt32BE(at);
  };
  switch (type) {
    case controlType.synReply:
      return { kind: 'reply', streamId: field(0) & 0x7fffffff, fin };
    case controlType.rstStream:
      return { kind: 'reset', streamId: field(0) & 0x7fffffff, status: field(4) };
    case controlType.ping:
      return { kind: 'ping', id: field(0) };
    case controlType.goAway:
      return { kind: 'goAway' };
    default:
      return { kind: 'ignored', type };
  }
}

function controlFrame(type: number, flags: number, length: number): Buffer {
  const frame = Buffer.alloc(headerLength + length);
  frame.writeUInt32BE((((0x8000 | version) << 16) | type) >>> 0, 0);
  frame.writeUInt32BE(length, 4);
  frame[4] = flags;
  return frame;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}
