import { expect, test } from 'bun:test';
import { constants, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { dataFrame, pingFrame, type SpdyFrame, SpdyReader, SpdyWriter } from './spdy.ts';

test('header blocks of one connection are one zlib stream that any inflater reads', () => {
  const writer = new SpdyWriter();
  const blocks = [
    writer.openStream(1, { streamtype: 'error' }),
    writer.openStream(3, { streamtype: 'stdout', port: '80' }),
  ].map((frame) => Buffer.from(frame).subarray(18));
  const plain = inflateSync(Buffer.concat(blocks), { finishFlush: constants.Z_SYNC_FLUSH });
  expect(plain.toString('latin1')).toBe(
    '\0\0\0\x01\0\0\0\x0astreamtype\0\0\0\x05error\0\0\0\x02\0\0\0\x0astreamtype\0\0\0\x06stdout\0\0\0\x04port\0\0\0\x0280',
  );
});

test('a SYN_STREAM frame has the version, type, length and stream id of the draft', () => {
  const frame = Buffer.from(new SpdyWriter().openStream(5, { a: 'b' }));
  expect(frame.readUInt32BE(0)).toBe(0x80030001);
  expect(frame.readUInt32BE(4)).toBe(frame.length - 8);
  expect(frame.readUInt32BE(8)).toBe(5);
});

test('frames survive any cutting of the byte stream', () => {
  const frames = fc.array(
    fc.record({
      id: fc.integer({ min: 1, max: 0x7fffffff }),
      payload: fc.uint8Array({ maxLength: 300 }),
      fin: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Buffer.concat([
        ...sent.map((one) => dataFrame(one.id, one.payload, one.fin)),
        pingFrame(7),
      ]);
      const reader = new SpdyReader();
      const got: SpdyFrame[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = cuts[turn % cuts.length] ?? 1;
        got.push(...reader.read(bytes.subarray(at, at + size)));
        at += size;
      }
      expect(got.length).toBe(sent.length + 1);
      for (const [index, one] of sent.entries()) {
        expect(got[index]).toEqual({
          kind: 'data',
          streamId: one.id,
          fin: one.fin,
          payload: Buffer.from(one.payload),
        });
      }
      expect(got.at(-1)).toEqual({ kind: 'ping', id: 7 });
    }),
  );
});

test('arbitrary bytes give frames or a fault, and never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        new SpdyReader().read(bytes);
      } catch (error) {
        expect((error as { code?: string }).code).toBe('apiserver/stream-protocol');
      }
    }),
  );
});
