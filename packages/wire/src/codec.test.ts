import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFault } from '@selvedge/base';
import { encodeFrame, FrameParser, type FrameSink, type Opcode } from '@selvedge/base/websocket';
import fc from 'fast-check';
import { decodeMessage, encodeMessage } from './codec.ts';
import type { Message } from './message.ts';

interface RecordedFrame {
  readonly scenario: string;
  readonly connection: string;
  readonly from: 'edge' | 'cloud';
  readonly opcode?: number;
  readonly fin?: boolean;
  readonly masked?: boolean;
  readonly text?: string;
}

const recorded = readFileSync(join(import.meta.dir, '../fixtures/hub-frames.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line): RecordedFrame => JSON.parse(line));

/** The frame as it was on the wire. */
function wireBytes(frame: RecordedFrame): Buffer {
  const kind = (frame.opcode ?? 0) as Opcode;
  const bytes = encodeFrame(kind, frame.text ?? '', frame.masked ? [1, 2, 3, 4] : undefined);
  if (frame.fin === false) bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes;
}

function recordedMessages(): string[] {
  const messages: string[] = [];
  const parsers = new Map<string, FrameParser>();
  const sink: FrameSink = {
    onMessage: (_kind, payload) => messages.push(payload.toString('utf8')),
    onPing: () => undefined,
    onPong: () => undefined,
    onClose: () => undefined,
  };
  for (const frame of recorded) {
    if (frame.opcode === undefined) continue;
    const key = `${frame.scenario} ${frame.connection} ${frame.from}`;
    const parser =
      parsers.get(key) ??
      new FrameParser({ expectMasked: frame.from === 'edge', maxMessageBytes: 1 << 20, checkUtf8: true });
    parsers.set(key, parser);
    expect(parser.push(wireBytes(frame), sink)).toBeUndefined();
  }
  return messages;
}

test('every message that Go programs sent to each other is read, and written again byte for byte', () => {
  const messages = recordedMessages();
  expect(messages.length).toBeGreaterThan(800);
  for (const text of messages) expect(encodeMessage(decodeMessage(text))).toBe(text);
});

const anyText = fc.string({ maxLength: 30, unit: 'binary' });
const anyMessage: fc.Arbitrary<Message> = fc.record({
  header: fc.record(
    {
      msg_id: anyText,
      timestamp: fc.integer(),
      parent_msg_id: fc.string({ minLength: 1 }),
      resourceversion: fc.string({ minLength: 1 }),
    },
    { requiredKeys: ['msg_id', 'timestamp'] },
  ),
  route: fc.record({ source: anyText, group: anyText, operation: anyText, resource: anyText }),
  content: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
});

test('any message survives the way there and back, also as bytes', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const text = encodeMessage(message);
      expect(text).not.toMatch(/[<>&\u2028\u2029]/);
      expect(decodeMessage(text)).toEqual(message);
    }),
  );
  const text = '{"header":{"msg_id":"ä"},"route":{}}';
  expect(decodeMessage(Buffer.from(text)).header.msg_id).toBe('ä');
});

test('what is no message is refused with a fault and nothing else', () => {
  const codeOf = (bytes: Uint8Array | string, maxBytes?: number) => {
    try {
      decodeMessage(bytes, { maxBytes });
    } catch (error) {
      return isFault(error) ? error.code : String(error);
    }
    return undefined;
  };
  expect(codeOf('{}')).toBe('wire/bad-message');
  expect(codeOf('{"header":{"msg_id":7}}')).toBe('wire/bad-message');
  expect(codeOf('{"header":{"msg_id":"a","timestamp":"x"}}')).toBe('wire/bad-message');
  expect(codeOf('nonsense')).toBe('wire/bad-message');
  expect(codeOf(Buffer.from([0xff]))).toBe('wire/bad-message');
  expect(codeOf('x'.repeat(11), 10)).toBe('wire/too-large');
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.uint8Array(), fc.json()), (bytes) => {
      expect(codeOf(bytes) ?? 'wire/').toStartWith('wire/');
    }),
  );
});
