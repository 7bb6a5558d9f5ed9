// Packing: whatever goes in comes out again byte for byte, and what resembles others takes next to nothing.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { StoredEntry } from './stored-entry.ts';
import { ValuePacker } from './value-packer.ts';

const labels = { app: 'gate' };

/** Text as a pod's JSON is: long names that come again in others of its template, and one that is its own. */
function podBytes(name: string, template: string): Uint8Array {
  const fields = Array.from({ length: 60 }, (_, index) => `"${template}-field-${index}":{"value":${index}}`);
  return Buffer.from(`{"metadata":{"name":"${name}"},${fields.join(',')}}`);
}

test('any bytes come out as they went in, whatever was packed before', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40_000 }),
    fc.string({ minLength: 1, maxLength: 50 }).map((text) => Buffer.from(text.repeat(300))),
    fc.record({ name: fc.string(), template: fc.string() }).map((it) => podBytes(it.name, it.template)),
  );
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 20 }), (values) => {
      const packer = new ValuePacker();
      const entries = values.map((value) => {
        const entry = new StoredEntry({
          key: 'a/b',
          revision: 1,
          header: { uid: '', labels, fields: {} },
          value,
        });
        const packed = packer.pack(value, labels);
        if (packed) entry.pack(packed);
        return entry;
      });
      entries.forEach((entry, index) => {
        const value = values[index] ?? new Uint8Array();
        expect(entry.size).toBe(value.length);
        expect(Buffer.compare(entry.value, value)).toBe(0);
      });
    }),
  );
});

test('the second pod of a template takes a twentieth, also with those of another one in between', () => {
  const packer = new ValuePacker();
  const other = { app: 'camera' };
  packer.pack(podBytes('gate-1', 'gate'), labels);
  packer.pack(podBytes('camera-1', 'camera'), other);
  for (const [value, its] of [
    [podBytes('gate-2', 'gate'), labels],
    [podBytes('camera-2', 'camera'), other],
  ] as const) {
    expect(packer.pack(value, its)?.packed.length).toBeLessThan(value.length / 20);
  }
});

test('what is small stays as it is, and so does what no packing makes smaller', () => {
  const packer = new ValuePacker();
  expect(packer.pack(Buffer.from('{"a":1}'), labels)).toBeUndefined();
  expect(packer.pack(crypto.getRandomValues(new Uint8Array(8_000)), labels)).toBeUndefined();
});
