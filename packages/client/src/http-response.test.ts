import { expect, test } from 'bun:test';
import { isFault } from '@selvedge/base';
import fc from 'fast-check';
import { maxHeadBytes, ResponseParser } from './http-response.ts';

interface Parsed {
  statusCode: number | undefined;
  keepAlive: boolean | undefined;
  body: string;
  ended: boolean;
}

function parse(bytes: Buffer, cuts: readonly number[] = [], close = false): Parsed {
  const parsed: Parsed = { statusCode: undefined, keepAlive: undefined, body: '', ended: false };
  const parser = new ResponseParser({
    head: (head) => {
      parsed.statusCode = head.statusCode;
      parsed.keepAlive = head.keepAlive;
    },
    data: (piece) => {
      parsed.body += piece.toString('latin1');
    },
    end: () => {
      parsed.ended = true;
    },
  });
  let at = 0;
  for (const cut of [...cuts.filter((one) => one < bytes.length).sort((a, b) => a - b), bytes.length]) {
    parser.push(bytes.subarray(at, cut));
    at = cut;
  }
  if (close) parser.close();
  return parsed;
}

const chunked = (...chunks: string[]) =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks
    .map((chunk) => `${chunk.length.toString(16)};x=y\r\n${chunk}\r\n`)
    .join('')}0\r\nTrailer: t\r\n\r\n`;

test('a body is the same whatever its framing and however the bytes are cut', () => {
  const body = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', 'é'), minLength: 1, maxLength: 60 });
  const cuts = fc.array(fc.nat(300), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(body, { minLength: 1, maxLength: 4 }), cuts, (parts, at) => {
      const whole = parts.join('');
      const plain = `HTTP/1.1 201 Created\r\nContent-Length: ${whole.length}\r\n\r\n${whole}`;
      const closing = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n${whole}`;
      const expected = { body: whole, ended: true };
      expect(parse(Buffer.from(plain, 'latin1'), at)).toEqual({
        ...expected,
        statusCode: 201,
        keepAlive: true,
      });
      expect(parse(Buffer.from(chunked(...parts), 'latin1'), at)).toEqual({
        ...expected,
        statusCode: 200,
        keepAlive: true,
      });
      expect(parse(Buffer.from(closing, 'latin1'), at, true)).toEqual({
        ...expected,
        statusCode: 200,
        keepAlive: false,
      });
    }),
  );
});

test('answers without a body end at their head', () => {
  expect(parse(Buffer.from('HTTP/1.1 204 No Content\r\n\r\n'))).toMatchObject({ ended: true, body: '' });
  expect(parse(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))).toMatchObject({
    ended: true,
    body: '',
  });
});

test('what breaks the protocol or a cap is a fault', () => {
  const broken = [
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 101 Switching\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nbad line\r\n\r\n',
    'HTTP/1.1 204 No\r\n\r\nmore',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc',
    `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(maxHeadBytes)}`,
  ];
  for (const text of broken) {
    expect(() => parse(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'client/malformed-response' }),
    );
  }
});

test('arbitrary bytes never do anything but parse or fault', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc
      .uint8Array({ maxLength: 200 })
      .map((tail) => Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n'), tail])),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      try {
        parse(Buffer.from(input));
      } catch (error) {
        expect(isFault(error, 'client/malformed-response')).toBe(true);
      }
    }),
  );
});
