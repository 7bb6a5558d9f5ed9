import { expect, test } from 'bun:test';
import { isFault } from '@selvedge/base';
import fc from 'fast-check';
import { LineDecoder } from './line-decoder.ts';
import { parseEvent } from './watch-stream.ts';

test('lines come out whole and in order however the bytes are cut', () => {
  const line = fc
    .string({ unit: 'grapheme', maxLength: 40 })
    .map((text) => text.replace(/\s/g, '').replaceAll('\n', ''));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), fc.array(fc.nat(400)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(''));
      const decoder = new LineDecoder(1_000);
      const out: string[] = [];
      let at = 0;
      for (const cut of [...cuts.filter((one) => one < bytes.length).sort((a, b) => a - b), bytes.length]) {
        out.push(...decoder.push(bytes.subarray(at, cut)));
        at = cut;
      }
      expect(out).toEqual(lines.filter((one) => one !== ''));
      expect(decoder.midLine).toBe(false);
    }),
  );
});

test('a line above the cap is refused before it is whole', () => {
  const decoder = new LineDecoder(10);
  expect(decoder.push(Buffer.from('0123456789\n'))).toEqual(['0123456789']);
  decoder.push(Buffer.from('012345'));
  expect(decoder.midLine).toBe(true);
  expect(() => decoder.push(Buffer.from('678901'))).toThrow(
    expect.objectContaining({ code: 'client/response-too-large' }),
  );
});

test('a line is an event, an error, or a fault; nothing else', () => {
  const any = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((object) => `{"type":"ADDED","object":${object}}`),
  );
  fc.assert(
    fc.property(any, (text) => {
      try {
        const event = parseEvent(text);
        expect(event === undefined || typeof event.kind === 'string').toBe(true);
      } catch (error) {
        expect(isFault(error)).toBe(true);
      }
    }),
  );
});
