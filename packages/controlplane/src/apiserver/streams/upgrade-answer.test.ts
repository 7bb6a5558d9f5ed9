import { expect, test } from 'bun:test';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { StatusError } from '../status-error.ts';
import { readUpgradeAnswer } from './upgrade-answer.ts';

/** What is left to read after the upgrade, or the refusal; any other error fails the test. */
async function answer(...pieces: (string | Uint8Array)[]): Promise<string | StatusError> {
  const socket = new PassThrough();
  const reading = readUpgradeAnswer(socket);
  for (const piece of pieces) socket.write(piece);
  socket.end();
  setImmediate(() => socket.destroy());
  try {
    await reading;
    return String(socket.read() ?? '');
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  } finally {
    socket.destroy();
  }
}

test('what comes after the switch of protocols is put back, and a refusal is told in the words of the node', async () => {
  expect(await answer('HTTP/1.1 101 Switching Protocols\r\n\r', '\nfirst')).toBe('first');
  const refused = await answer('HTTP/1.1 503 Service Unavailable\r\n\r\n', '{"message":"node a is away"}');
  expect(refused).toBeInstanceOf(StatusError);
  expect(String(refused)).toContain('node a is away');
});

test('whatever a node answers, there is a connection or a refusal', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'HTTP/1.1 101 \r\n',
      'HTTP/1.1 500 x\r\n',
      '\r\n',
      '\r\n\r\n',
      'Content-Length: 3\r\n',
      '{"message":',
    ),
    fc.string(),
    fc.uint8Array(),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      await answer(...pieces);
    }),
  );
});
