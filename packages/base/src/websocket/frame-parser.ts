// Reads WebSocket frames (RFC 6455) from a byte stream, as a resumable loop: feed it chunks as they come, cut anywhere.
// Each bound is an option, each violation has its close code; nothing is buffered before its size has been judged.

import { isUtf8 } from 'node:buffer';
import { closeCode, type FrameViolation, isSendableCloseCode } from './close-code.ts';
import { applyMask, opcode } from './frame.ts';

export interface FrameParserOptions {
  /** A server's frames come unmasked, a client's masked; the other way round is a violation. */
  readonly expectMasked: boolean;
  /** Of one whole message, its fragments taken together. */
  readonly maxMessageBytes: number;
  /** False for KubeEdge's tunnel, which puts binary data into text frames. */
  readonly checkUtf8: boolean;
}

/** Where the parser hands what it has read. Payloads are views of the chunks: whoever keeps one longer copies it. */
export interface FrameSink {
  onMessage(kind: 'text' | 'binary', payload: Buffer): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  onClose(code: number | undefined, reason: string): void;
}

const maxControlBytes = 125;
const maxHeaderBytes = 14;

interface FrameHeader {
  readonly headerLength: number;
  readonly payloadLength: number;
  readonly fin: boolean;
  readonly opcode: number;
  readonly maskOffset: number;
}

interface Fragments {
  kind: 'text' | 'binary';
  parts: Buffer[];
  bytes: number;
}

export class FrameParser {
  readonly #options: FrameParserOptions;
  #pending: Buffer[] | undefined;
  #pendingBytes = 0;
  /** Bytes that must be there before it is worth looking again. */
  #neededBytes = 2;
  #fragments: Fragments | undefined;
  #violation: FrameViolation | undefined;

  constructor(options: FrameParserOptions) {
    this.#options = options;
  }

  /** Bytes held back for frames and messages that are not complete. */
  get bufferedBytes(): number {
    return this.#pendingBytes + (this.#fragments?.bytes ?? 0);
  }

  /** Reads a chunk, which it may change in place; after a violation everything further is ignored. */
  push(chunk: Buffer, sink: FrameSink): FrameViolation | undefined {
    if (this.#violation) return this.#violation;
    let bytes = chunk;
    if (this.#pending) {
      this.#pending.push(chunk);
      this.#pendingBytes += chunk.length;
      if (this.#pendingBytes < this.#neededBytes) return undefined;
      bytes = Buffer.concat(this.#pending);
      this.#pending = undefined;
      this.#pendingBytes = 0;
    }
    const consumed = this.#readFrames(bytes, sink);
    if (this.#violation) return this.#violation;
    if (consumed < bytes.length) {
      const rest = bytes.subarray(consumed);
      this.#pending = [consumed > 0 ? Buffer.from(rest) : rest];
      this.#pendingBytes = rest.length;
    }
    return undefined;
  }

  #readFrames(bytes: Buffer, sink: FrameSink): number {
    let offset = 0;
    while (offset < bytes.length) {
      const header = this.#readHeader(bytes, offset);
      if (header === undefined) return offset;
      const start = offset + header.headerLength;
      const end = start + header.payloadLength;
      if (end > bytes.length) {
        this.#neededBytes = end - offset;
        return offset;
      }
      const payload = bytes.subarray(start, end);
      if (this.#options.expectMasked) unmask(payload, bytes, offset + header.maskOffset);
      this.#deliver(header, payload, sink);
      if (this.#violation) return bytes.length;
      offset = end;
      this.#neededBytes = 2;
    }
    return offset;
  }

  /** Undefined when the header is not complete yet, or when it breaks a rule (then `#violation` is set). */
  #readHeader(bytes: Buffer, offset: number): FrameHeader | undefined {
    const first = bytes[offset] ?? 0;
    const second = bytes[offset + 1];
    if (second === undefined) return this.#waitFor(2);
    const masked = (second & 0x80) !== 0;
    const short = second & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const headerLength = 2 + lengthBytes + (masked ? 4 : 0);
    if (bytes.length - offset < headerLength) return this.#waitFor(headerLength);
    const payloadLength =
      lengthBytes === 0
        ? short
        : lengthBytes === 2
          ? bytes.readUInt16BE(offset + 2)
          : bytes.readUInt32BE(offset + 2) * 2 ** 32 + bytes.readUInt32BE(offset + 6);
    const header = {
      headerLength,
      payloadLength,
      fin: (first & 0x80) !== 0,
      opcode: first & 0x0f,
      maskOffset: 2 + lengthBytes,
    };
    this.#violation = this.#judge(header, (first & 0x70) !== 0, masked);
    return this.#violation ? undefined : header;
  }

  #waitFor(bytes: number): undefined {
    this.#neededBytes = Math.min(bytes, maxHeaderBytes);
    return undefined;
  }

  #judge(header: FrameHeader, hasReservedBits: boolean, masked: boolean): FrameViolation | undefined {
    if (hasReservedBits) return protocolError('reserved bits are set');
    if (masked !== this.#options.expectMasked) {
      return protocolError(masked ? 'the frame is masked' : 'the frame is not masked');
    }
    if (header.opcode >= opcode.close) return judgeControl(header);
    if (header.opcode > opcode.binary) return protocolError('the opcode is unknown');
    if ((header.opcode === opcode.continuation) !== (this.#fragments !== undefined)) {
      return protocolError('fragments do not belong together');
    }
    const { maxMessageBytes } = this.#options;
    if (header.payloadLength + (this.#fragments?.bytes ?? 0) > maxMessageBytes) {
      return { closeCode: closeCode.tooLarge, reason: `a message is over ${maxMessageBytes} bytes` };
    }
    if ((this.#fragments?.parts.length ?? 0) > 64 + maxMessageBytes / 1024) {
      return { closeCode: closeCode.policyViolation, reason: 'a message has too many fragments' };
    }
    return undefined;
  }

  #deliver(header: FrameHeader, payload: Buffer, sink: FrameSink): void {
    if (header.opcode === opcode.ping) sink.onPing(payload);
    else if (header.opcode === opcode.pong) sink.onPong(payload);
    else if (header.opcode === opcode.close) this.#deliverClose(payload, sink);
    else this.#deliverData(header, payload, sink);
  }

  #deliverData(header: FrameHeader, payload: Buffer, sink: FrameSink): void {
    const fragments = this.#fragments;
    const kind = fragments?.kind ?? (header.opcode === opcode.text ? 'text' : 'binary');
    if (!header.fin) {
      this.#fragments = fragments ?? { kind, parts: [], bytes: 0 };
      if (payload.length > 0) this.#fragments.parts.push(Buffer.from(payload));
      this.#fragments.bytes += payload.length;
      return;
    }
    this.#fragments = undefined;
    const whole = fragments ? Buffer.concat([...fragments.parts, payload]) : payload;
    if (kind === 'text' && this.#options.checkUtf8 && !isUtf8(whole)) {
      this.#violation = { closeCode: closeCode.invalidPayload, reason: 'a text message is not UTF-8' };
      return;
    }
    sink.onMessage(kind, whole);
  }

  #deliverClose(payload: Buffer, sink: FrameSink): void {
    if (payload.length === 0) {
      sink.onClose(undefined, '');
      return;
    }
    const code = payload.length === 1 ? 0 : payload.readUInt16BE(0);
    const reason = payload.subarray(2);
    if (!isSendableCloseCode(code)) {
      this.#violation = protocolError('the close code is not allowed');
      return;
    }
    if (!isUtf8(reason)) {
      this.#violation = { closeCode: closeCode.invalidPayload, reason: 'the close reason is not UTF-8' };
      return;
    }
    sink.onClose(code, reason.toString('utf8'));
  }
}

function judgeControl(header: FrameHeader): FrameViolation | undefined {
  if (header.opcode > opcode.pong) return protocolError('the opcode is unknown');
  if (!header.fin) return protocolError('a control frame is fragmented');
  if (header.payloadLength > maxControlBytes) return protocolError('a control frame is too long');
  return undefined;
}

function protocolError(reason: string): FrameViolation {
  return { closeCode: closeCode.protocolError, reason };
}

function unmask(payload: Buffer, bytes: Buffer, maskOffset: number): void {
  const mask = bytes.subarray(maskOffset, maskOffset + 4);
  applyMask(payload, [mask[0] ?? 0, mask[1] ?? 0, mask[2] ?? 0, mask[3] ?? 0]);
}
