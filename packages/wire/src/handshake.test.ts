import { expect, test } from 'bun:test';
import { isFault } from '@selvedge/base';
import fc from 'fast-check';
import { commonCapabilities, formatCapabilities, parseCapabilities } from './capability.ts';
import {
  buildRefusal,
  buildUpgradeRequest,
  buildUpgradeResponse,
  checkUpgradeRequest,
  checkUpgradeResponse,
  readHead,
} from './handshake.ts';

const key = 'n+d9mNk6baeiP/HHbbfvhA==';

function head(text: string) {
  const read = readHead(Buffer.from(text, 'latin1'));
  if (!read) throw new Error('incomplete');
  return read;
}

test('the recorded request of a Go edge is understood, and answered as Go does', () => {
  const text = [
    'GET /e632aba927ea4ac2b575ec1603d56f10/edge-1/events HTTP/1.1',
    'Host: 127.0.0.1:10100',
    'User-Agent: Go-http-client/1.1',
    'Connection: Upgrade',
    'Connectionuse: msg',
    'Node_id: edge-1',
    'Project_id: e632aba927ea4ac2b575ec1603d56f10',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    'Upgrade: websocket',
    '',
    '',
  ].join('\r\n');
  const request = checkUpgradeRequest(head(text));
  expect(request.headers.get('node_id')).toBe('edge-1');
  expect(request.headers.get('connectionuse')).toBe('msg');
  expect(buildUpgradeResponse(request.key)).toBe(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: e4VAt4lR82sKC/FF2Xf6lY7nLxo=\r\n\r\n',
  );
});

test('our request and our answer fit together', () => {
  const text = buildUpgradeRequest({
    host: 'h:1',
    path: '/p',
    key,
    headers: { node_id: 'a', 'Selvedge-Capabilities': 'pipeline' },
  });
  const request = checkUpgradeRequest(head(text));
  checkUpgradeResponse(head(buildUpgradeResponse(request.key)), key);
  expect(() => checkUpgradeResponse(head(buildUpgradeResponse(request.key)), 'other')).toThrow('Accept');
  expect(() => checkUpgradeResponse(head(buildRefusal(403, 'no')), key)).toThrow('403');
  expect(() => buildUpgradeRequest({ host: 'h', path: '/', key, headers: { a: 'x\r\nb: y' } })).toThrow(
    'line break',
  );
});

test('a head is complete or not, too long or broken, and never anything else', () => {
  expect(readHead(Buffer.from('GET / HTTP/1.1\r\nHost: a'))).toBeUndefined();
  expect(() => readHead(Buffer.alloc(20_000, 'a'))).toThrow('longer');
  fc.assert(
    fc.property(fc.string(), fc.string(), (start, rest) => {
      try {
        checkUpgradeRequest(head(`${start}\r\n${rest}\r\n\r\n`));
      } catch (error) {
        expect(isFault(error, 'wire/bad-handshake')).toBe(true);
      }
    }),
  );
});

test('only capabilities that both sides name are used', () => {
  const offered = parseCapabilities('pipeline, streams,unheard-of');
  expect([...offered]).toEqual(['pipeline', 'streams']);
  expect([...commonCapabilities(offered, new Set(['streams', 'lease']))]).toEqual(['streams']);
  expect(formatCapabilities(offered)).toBe('pipeline, streams');
  expect(parseCapabilities(undefined).size).toBe(0);
});
