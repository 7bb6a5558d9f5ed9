import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { decodeClose, encodeClose, encodeRecord, RecordReader, recordKind } from './record.ts';

test('records come out as they went in, however the bytes are cut', () => {
  const anyRecord = fc.record({
    kind: fc.constantFrom(...Object.values(recordKind)),
    connection: fc.nat(0xffff_ffff),
    payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(fc.array(anyRecord), fc.integer({ min: 1, max: 64 }), (records, step) => {
      const bytes = Buffer.concat(records.map((one) => encodeRecord(one.kind, one.connection, one.payload)));
      const seen: unknown[] = [];
      const reader = new RecordReader();
      for (let offset = 0; offset < bytes.length; offset += step) {
        reader.push(bytes.subarray(offset, offset + step), (record) =>
          seen.push({ ...record, payload: Buffer.from(record.payload) }),
        );
      }
      expect(seen).toEqual(records);
    }),
  );
});

test('an impossible length is a fault, and a close keeps code and reason', () => {
  expect(() => new RecordReader().push(Buffer.alloc(16, 0xff), () => undefined)).toThrow('can not be');
  expect(decodeClose(encodeClose(1, 1008, 'späť').subarray(9))).toEqual({ code: 1008, reason: 'späť' });
});
