// Writes WebSocket frames (RFC 6455); the parser beside it reads them.

export const opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

export type Opcode = (typeof opcode)[keyof typeof opcode];
export type Mask = readonly [number, number, number, number];

/** One whole, unfragmented frame; with a mask the form that clients must send. */
export function encodeFrame(kind: Opcode, payload: Uint8Array | string, mask?: Mask): Buffer {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + lengthBytes + (mask ? 4 : 0);
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = 0x80 | kind;
  frame[1] = (mask ? 0x80 : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
  if (lengthBytes === 8) {
    frame.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
    frame.writeUInt32BE(length % 2 ** 32, 6);
  }
  if (typeof payload === 'string') frame.write(payload, start);
  else frame.set(payload, start);
  if (mask) {
    frame.set(mask, start - 4);
    applyMask(frame.subarray(start), mask);
  }
  return frame;
}

const maxReasonBytes = 123;

/** A close frame; a reason that is too long is cut at a character's border. */
export function encodeCloseFrame(code: number, reason: string, mask?: Mask): Buffer {
  let text = Buffer.from(reason, 'utf8');
  if (text.length > maxReasonBytes) {
    let end = maxReasonBytes;
    while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end--;
    text = text.subarray(0, end);
  }
  const payload = Buffer.allocUnsafe(2 + text.length);
  payload.writeUInt16BE(code, 0);
  payload.set(text, 2);
  return encodeFrame(opcode.close, payload, mask);
}

/**
 * XORs in place; masking and unmasking are the same. Word by word: an edge's agent runs without a compiler, where each step
 * of a loop is dear.
 */
export function applyMask(payload: Buffer, mask: Mask): void {
  const { buffer, byteOffset, length } = payload;
  const lead = -byteOffset & 3;
  if (length < lead + 4) {
    applyMaskToBytes(payload, mask, 0, length);
    return;
  }
  const words = new Uint32Array(buffer, byteOffset + lead, (length - lead) >> 2);
  const word = wordOf(mask, lead);
  applyMaskToBytes(payload, mask, 0, lead);
  const { length: count } = words;
  for (let index = 0; index < count; index++) words[index] = (words[index] as number) ^ word;
  applyMaskToBytes(payload, mask, lead + 4 * count, length);
}

function applyMaskToBytes(payload: Buffer, mask: Mask, from: number, to: number): void {
  for (let index = from; index < to; index++) {
    payload[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
  }
}

/** The mask as one number in this machine's byte order, beginning with the byte for this position. */
function wordOf(mask: Mask, position: number): number {
  const bytes = Uint8Array.from([0, 1, 2, 3], (index) => mask[(position + index) & 3] ?? 0);
  return new Uint32Array(bytes.buffer)[0] ?? 0;
}
