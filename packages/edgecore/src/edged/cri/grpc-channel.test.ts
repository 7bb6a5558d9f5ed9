import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { FrameReader } from './grpc-channel.ts';

const maxBytes = 64;

function frame(message: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The bytes in pieces that end at these places. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

test('messages come out whole and in order, wherever the stream was cut', () => {
  const message = fc.uint8Array({ maxLength: maxBytes });
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      (messages, cuts) => {
        const read: Buffer[] = [];
        const reader = new FrameReader(maxBytes, (bytes) => read.push(Buffer.from(bytes)));
        for (const piece of pieces(Buffer.concat(messages.map(frame)), cuts))
          expect(reader.push(piece)).toBe(true);
        expect(read).toEqual(messages.map((bytes) => Buffer.from(bytes)));
      },
    ),
  );
});

test('whatever bytes come, the reader goes on or gives up', () => {
  const chunk = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 10 }), (chunks) => {
      const reader = new FrameReader(maxBytes, (message) =>
        expect(message.length).toBeLessThanOrEqual(maxBytes),
      );
      for (const bytes of chunks) if (!reader.push(bytes)) break;
    }),
    { numRuns: 2_000 },
  );
});

test('compressed and oversized messages are refused before they are buffered', () => {
  const push = (...bytes: number[]) =>
    new FrameReader(maxBytes, () => undefined).push(Uint8Array.from(bytes));
  expect(push(1, 0, 0, 0, 1)).toBe(false);
  expect(push(0, 0, 0, 0, maxBytes + 1)).toBe(false);
  expect(push(0, 0, 0, 0, maxBytes)).toBe(true);
});
