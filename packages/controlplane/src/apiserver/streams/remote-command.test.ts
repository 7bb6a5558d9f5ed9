import { expect, test } from 'bun:test';
import { type Duplex, duplexPair } from 'node:stream';
import { tunnelPortForward } from './port-forward-tunnel.ts';
import { type MessagePeer, translateRemoteCommand } from './remote-command.ts';
import { dataFrame, type SpdyFrame, SpdyReader } from './spdy.ts';

class TestPeer implements MessagePeer {
  readonly sent: string[] = [];
  readonly closed = Promise.withResolvers<number>();
  readonly #incoming: Array<Uint8Array | undefined> = [];
  #wake: (() => void) | undefined;

  /** What the client sends: a channel number and text; undefined ends it. */
  receive(channel?: number, text: string | number[] = ''): void {
    this.#incoming.push(
      channel === undefined
        ? undefined
        : Buffer.concat([Buffer.from([channel]), Buffer.from(text as string)]),
    );
    this.#wake?.();
  }

  get messages(): AsyncIterable<Uint8Array> {
    return this.#read();
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      while (this.#incoming.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      const next = this.#incoming.shift();
      if (!next) return;
      yield next;
    }
  }

  async send(message: Uint8Array): Promise<void> {
    this.sent.push(`${message[0]}:${Buffer.from(message.subarray(1)).toString()}`);
  }

  close(code: number): void {
    this.closed.resolve(code);
  }
}

async function readData(runtime: Duplex, count: number): Promise<Extract<SpdyFrame, { kind: 'data' }>[]> {
  const reader = new SpdyReader();
  const frames: Extract<SpdyFrame, { kind: 'data' }>[] = [];
  for await (const chunk of runtime) {
    for (const frame of reader.read(chunk as Uint8Array)) if (frame.kind === 'data') frames.push(frame);
    if (frames.length >= count) break;
  }
  return frames;
}

test('exec: input and its end go up, output and the exit status come down', async () => {
  const [upstream, runtime] = duplexPair();
  const peer = new TestPeer();
  const running = translateRemoteCommand({
    peer,
    upstream,
    stdin: true,
    stdout: true,
    stderr: true,
    tty: false,
  });
  peer.receive(0, 'hello');
  peer.receive(255, [0]);
  const input = await readData(runtime, 2);
  expect(input.map((frame) => [frame.streamId, Buffer.from(frame.payload).toString(), frame.fin])).toEqual([
    [3, 'hello', false],
    [3, '', true],
  ]);
  await running.catch(() => undefined);
});

test('exec: the error stream ends the session after all output', async () => {
  const [upstream, runtime] = duplexPair();
  const peer = new TestPeer();
  const running = translateRemoteCommand({
    peer,
    upstream,
    stdin: false,
    stdout: true,
    stderr: true,
    tty: false,
  });
  runtime.write(dataFrame(3, Buffer.from('out')));
  runtime.write(dataFrame(5, Buffer.from('err')));
  runtime.write(dataFrame(1, Buffer.from('{"status":"Success"}'), true));
  await running;
  expect(peer.sent).toEqual(['1:out', '2:err', '3:{"status":"Success"}']);
  expect(await peer.closed.promise).toBe(1000);
  expect(upstream.destroyed).toBe(true);
});

test('exec: a peer that leaves closes the connection to the node', async () => {
  const [upstream] = duplexPair();
  const peer = new TestPeer();
  const running = translateRemoteCommand({
    peer,
    upstream,
    stdin: true,
    stdout: true,
    stderr: false,
    tty: true,
  });
  peer.receive();
  await running;
  expect(upstream.destroyed).toBe(true);
});

test('port-forward: bytes pass unchanged both ways', async () => {
  const [upstream, node] = duplexPair();
  const peer = new TestPeer();
  const running = tunnelPortForward(peer, upstream);
  peer.receive(1, 'up');
  const [up] = (await node.iterator({ destroyOnReturn: false }).next()).value ? ['seen'] : [];
  expect(up).toBe('seen');
  node.end('\u0007down');
  await running;
  expect(peer.sent).toEqual(['7:down']);
});
