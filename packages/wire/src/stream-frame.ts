// Capability `streams`: what a binary WebSocket frame carries. One byte kind, four bytes stream id (big endian), the rest.

export const streamFrameKind = {
  /** Opens a stream; from the cloud only. No payload. */
  open: 1,
  /** Bytes of the stream, at most `maxStreamDataBytes`, within the receiver's credit. */
  data: 2,
  /** The receiver takes this many bytes more (four bytes, big endian). */
  credit: 3,
  /** The sender has no more bytes; the other direction goes on. */
  close: 4,
  /** The stream is broken off in both directions; payload: why, UTF-8. */
  reset: 5,
} as const;

export type StreamFrameKind = (typeof streamFrameKind)[keyof typeof streamFrameKind];

/** What each side may send before it is given credit: part of the protocol. */
export const initialStreamWindowBytes = 256 * 1024;
export const maxStreamDataBytes = 16 * 1024;
export const maxStreamReasonBytes = 512;
const headerBytes = 5;

export interface StreamFrame {
  readonly kind: StreamFrameKind;
  readonly streamId: number;
  readonly payload: Buffer;
}

export function encodeStreamFrame(kind: StreamFrameKind, streamId: number, payload?: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + (payload?.length ?? 0));
  frame[0] = kind;
  frame.writeUInt32BE(streamId, 1);
  if (payload) frame.set(payload, headerBytes);
  return frame;
}

export function encodeCredit(streamId: number, bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(bytes, 0);
  return encodeStreamFrame(streamFrameKind.credit, streamId, payload);
}

/** Reads a frame; undefined when it is none (which ends the connection: both ends agreed on this protocol). */
export function decodeStreamFrame(bytes: Buffer): StreamFrame | undefined {
  const kind = bytes[0] ?? 0;
  if (bytes.length < headerBytes || !isKind(kind)) return undefined;
  const payload = bytes.subarray(headerBytes);
  if (payload.length > maxPayloadBytes(kind)) return undefined;
  if (kind === streamFrameKind.credit && payload.length !== 4) return undefined;
  return { kind, streamId: bytes.readUInt32BE(1), payload };
}

function isKind(value: number): value is StreamFrameKind {
  return value >= streamFrameKind.open && value <= streamFrameKind.reset;
}

function maxPayloadBytes(kind: StreamFrameKind): number {
  switch (kind) {
    case streamFrameKind.data:
      return maxStreamDataBytes;
    case streamFrameKind.reset:
      return maxStreamReasonBytes;
    case streamFrameKind.credit:
      return 4;
    default:
      return 0;
  }
}
