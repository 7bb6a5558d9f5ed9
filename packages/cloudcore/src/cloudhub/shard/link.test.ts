import { afterEach, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { Link, type LinkHandlers } from './link.ts';
import { encodeRecord, recordKind } from './record.ts';

const ignore: LinkHandlers = {
  onRecord: () => undefined,
  onRelieved: () => undefined,
  onClose: () => undefined,
};
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function socketPair(): Promise<[Socket, Socket]> {
  const path = `\0selvedge-test-${randomBytes(8).toString('hex')}`;
  const server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const near = connect(path);
  const far = await accepted;
  server.close();
  sockets.push(near, far);
  return [near, far];
}

test('a link counts as congested at once when its other end does not read, and says when it does', async () => {
  const [near, far] = await socketPair();
  far.pause();
  const relieved = Promise.withResolvers<void>();
  const link = new Link(near, { ...ignore, onRelieved: relieved.resolve });
  const record = encodeRecord(recordKind.sendText, 1, 'x'.repeat(1 << 20));
  for (let sent = 0; sent < 16; sent++) {
    expect(link.congested).toBe(false);
    link.send(record);
  }
  expect(link.congested).toBe(true);
  let received = 0;
  far.on('data', (data) => {
    received += data.length;
  });
  far.resume();
  await relieved.promise;
  expect(link.congested).toBe(false);
  expect(received).toBeGreaterThan(0);
});
