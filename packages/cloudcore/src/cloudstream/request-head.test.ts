import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { maxHeadBytes, readHead } from './request-head.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

test('a request loses its prefix and is told to close', () => {
  const text =
    'GET /nodes/edge-1/containerLogs/default/a/main?follow=true HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\nrest';
  const result = readHead(bytes(text));
  if (result.kind !== 'request') throw new Error(result.kind);
  expect(result.head.node).toBe('edge-1');
  expect(result.head.path).toBe('/containerLogs/default/a/main?follow=true');
  expect(result.head.forwarded.toString()).toBe(
    'GET /containerLogs/default/a/main?follow=true HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  expect(bytes(text).subarray(result.head.length).toString()).toBe('rest');
});

test('an upgrade stays one', () => {
  const text =
    'POST /nodes/edge-1/exec/default/a/main HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n';
  const result = readHead(bytes(text));
  if (result.kind !== 'request') throw new Error(result.kind);
  expect(result.head.forwarded.toString()).toBe(
    'POST /exec/default/a/main HTTP/1.1\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n\r\n',
  );
});

test('a node without a path is a question about it', () => {
  expect(readHead(bytes('GET /nodes/edge-1 HTTP/1.1\r\nHost: x\r\n\r\n'))).toEqual({
    kind: 'question',
    node: 'edge-1',
  });
});

test('what is no such request is refused, what is not whole is waited for', () => {
  const codes = [
    'GET / HTTP/1.1\r\n\r\n',
    'POST /nodes/edge-1 HTTP/1.1\r\n\r\n',
    'GET /nodes/..%2fx/y HTTP/1.1\r\n\r\n',
    'GET /nodes/edge-1/x HTTP/1.0\r\n\r\n',
    'GET /nodes/edge-1/x HTTP/1.1\r\nbad header\r\n\r\n',
    'GET /nodes/edge-1/x HTTP/1.1\r\na: b\nc: d\r\n\r\n',
    'x'.repeat(maxHeadBytes + 1),
  ].map((text) => {
    const result = readHead(bytes(text));
    return result.kind === 'refused' ? result.code : result.kind;
  });
  expect(codes).toEqual([404, 404, 404, 400, 400, 400, 431]);
  expect(readHead(bytes('GET /nodes/edge-1/x HTTP/1.1\r\nHost: x\r\n')).kind).toBe('incomplete');
});

test('no bytes make the reader fail, and nothing it forwards holds a second head', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string()), (path, headers) => {
      const result = readHead(bytes(`GET /nodes/edge-1/${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`));
      if (result.kind !== 'request') return;
      const text = result.head.forwarded.toString('latin1');
      expect(text.indexOf('\r\n\r\n')).toBe(text.length - 4);
    }),
  );
});
