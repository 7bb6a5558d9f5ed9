import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { closeCode } from './close-code.ts';
import { applyMask, encodeCloseFrame, encodeFrame, type Mask, type Opcode, opcode } from './frame.ts';
import { FrameParser, type FrameParserOptions } from './frame-parser.ts';

const options: FrameParserOptions = { expectMasked: true, maxMessageBytes: 1 << 20, checkUtf8: true };
const mask: Mask = [7, 11, 13, 17];

function read(chunks: readonly Buffer[], parserOptions: FrameParserOptions = options) {
  const events: string[] = [];
  const parser = new FrameParser(parserOptions);
  const sink = {
    onMessage: (kind: string, payload: Buffer) => events.push(`${kind}:${payload.toString('latin1')}`),
    onPing: (payload: Buffer) => events.push(`ping:${payload.toString('latin1')}`),
    onPong: (payload: Buffer) => events.push(`pong:${payload.toString('latin1')}`),
    onClose: (code: number | undefined, reason: string) => events.push(`close:${code}:${reason}`),
  };
  let violation: ReturnType<FrameParser['push']>;
  for (const chunk of chunks) violation = parser.push(Buffer.from(chunk), sink);
  return { events, violation, parser };
}

function fragment(bytes: Buffer, kind: number, fin: boolean): Buffer {
  const frame = encodeFrame(kind as Opcode, bytes, mask);
  if (!fin) frame[0] = (frame[0] ?? 0) & 0x7f;
  return frame;
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const borders = [
    0,
    ...[...at].map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ];
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
}

test('messages of every length come out the same however the bytes are cut', () => {
  const anyMessage = fc.record({
    kind: fc.constantFrom<Opcode>(opcode.text, opcode.binary, opcode.ping, opcode.pong),
    length: fc.oneof(fc.nat(125), fc.constantFrom(126, 127, 65_535, 65_536, 70_000)),
  });
  fc.assert(
    fc.property(
      fc.array(anyMessage, { maxLength: 6 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      fc.boolean(),
      (messages, cuts, masked) => {
        const expected: string[] = [];
        const frames = messages.map(({ kind, length }) => {
          const control = kind >= opcode.close;
          const payload = Buffer.alloc(control ? Math.min(length, 125) : length, 'x');
          const name = {
            [opcode.text]: 'text',
            [opcode.binary]: 'binary',
            [opcode.ping]: 'ping',
            [opcode.pong]: 'pong',
          }[kind as 1 | 2 | 9 | 10];
          expected.push(`${name}:${payload.toString('latin1')}`);
          return encodeFrame(kind, payload, masked ? mask : undefined);
        });
        const { events, violation, parser } = read(cut(Buffer.concat(frames), cuts), {
          ...options,
          expectMasked: masked,
        });
        expect(violation).toBeUndefined();
        expect(events).toEqual(expected);
        expect(parser.bufferedBytes).toBe(0);
      },
    ),
  );
});

test('fragments are put together, with control frames between them', () => {
  const { events } = read([
    fragment(Buffer.from('a'), opcode.text, false),
    fragment(Buffer.from('!'), opcode.ping, true),
    fragment(Buffer.from('b'), opcode.continuation, false),
    fragment(Buffer.from('c'), opcode.continuation, true),
    fragment(Buffer.from('d'), opcode.text, true),
  ]);
  expect(events).toEqual(['ping:!', 'text:abc', 'text:d']);
});

test('a frame that announces a gigabyte is refused at its header', () => {
  const header = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]);
  const { violation, parser } = read([header]);
  expect(violation?.closeCode).toBe(closeCode.tooLarge);
  expect(parser.bufferedBytes).toBe(0);
});

test('fragments together may not be larger, nor more, than a message may', () => {
  const small = { ...options, maxMessageBytes: 100 };
  const half = Buffer.alloc(60);
  expect(
    read([fragment(half, opcode.binary, false), fragment(half, opcode.continuation, true)], small).violation
      ?.closeCode,
  ).toBe(closeCode.tooLarge);
  const crumbs = Array.from({ length: 99 }, (_, index) =>
    fragment(Buffer.from('x'), index === 0 ? opcode.binary : 0, false),
  );
  expect(read(crumbs, small).violation?.closeCode).toBe(closeCode.policyViolation);
});

test('each broken rule has its close code', () => {
  const cases: [Buffer, number][] = [
    [encodeFrame(opcode.text, 'unmasked'), closeCode.protocolError],
    [fragment(Buffer.from('x'), opcode.continuation, true), closeCode.protocolError],
    [fragment(Buffer.from('x'), opcode.ping, false), closeCode.protocolError],
    [fragment(Buffer.from('x'), 0x3, true), closeCode.protocolError],
    [fragment(Buffer.from('x'), 0xb, true), closeCode.protocolError],
    [fragment(Buffer.alloc(126), opcode.ping, true), closeCode.protocolError],
    [fragment(Buffer.from([0xff]), opcode.text, true), closeCode.invalidPayload],
    [encodeFrame(opcode.close, Buffer.from([3]), mask), closeCode.protocolError],
    [encodeCloseFrame(1005, 'no', mask), closeCode.protocolError],
    [Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), closeCode.protocolError],
  ];
  for (const [bytes, code] of cases) expect(read([bytes]).violation?.closeCode).toBe(code);
});

test('close frames carry code and reason, the reason cut to what fits', () => {
  expect(read([encodeCloseFrame(1008, 'no entry', mask)]).events).toEqual(['close:1008:no entry']);
  expect(read([encodeFrame(opcode.close, '', mask)]).events).toEqual(['close:undefined:']);
  const long = read([encodeCloseFrame(1008, 'ä'.repeat(100), mask)]);
  expect(long.violation).toBeUndefined();
  expect(long.events[0]).toBe(`close:1008:${'ä'.repeat(61)}`);
});

test('no bytes make the parser throw or hold more than a message', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }),
      fc.boolean(),
      (chunks, expectMasked) => {
        const { parser } = read(
          chunks.map((chunk) => Buffer.from(chunk)),
          { expectMasked, maxMessageBytes: 128, checkUtf8: true },
        );
        expect(parser.bufferedBytes).toBeLessThan(128 + 14 + 128 + 64);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a mask is applied to every byte, wherever the payload lies in memory', () => {
  const place = fc.record({ offset: fc.nat(9), bytes: fc.uint8Array({ maxLength: 40 }) });
  fc.assert(
    fc.property(place, ({ offset, bytes }) => {
      const payload = Buffer.alloc(offset + bytes.length).subarray(offset);
      payload.set(bytes);
      applyMask(payload, mask);
      expect([...payload]).toEqual(Array.from(bytes, (byte, index) => byte ^ (mask[index & 3] ?? 0)));
    }),
  );
});
