import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { encodeStreamFrame, initialStreamWindowBytes, streamFrameKind } from './stream-frame.ts';
import { type StreamAction, StreamMultiplexer } from './stream-multiplexer.ts';

/** Two ends and the frames between them; the readers give credit back when told to. */
class Pair {
  readonly cloud = new StreamMultiplexer({ role: 'opener', maxQueuedBytes: 1 << 22 });
  readonly edge = new StreamMultiplexer({ role: 'acceptor', maxQueuedBytes: 1 << 22 });
  readonly events: string[] = [];
  readonly received = { cloud: new Map<number, Buffer[]>(), edge: new Map<number, Buffer[]>() };
  reading = true;

  settle(): void {
    for (let moved = true; moved; ) moved = this.#move('cloud', 'edge') || this.#move('edge', 'cloud');
  }

  #move(from: 'cloud' | 'edge', to: 'cloud' | 'edge'): boolean {
    const actions = this[from].take();
    for (const action of actions) this.#carryOut(action, from, to);
    return actions.length > 0;
  }

  #carryOut(action: StreamAction, from: 'cloud' | 'edge', to: 'cloud' | 'edge'): void {
    if (action.kind === 'send') {
      expect(this[to].receive(action.frame)).toBeUndefined();
    } else if (action.kind === 'data') {
      const list = this.received[from].get(action.streamId) ?? [];
      list.push(Buffer.from(action.data));
      this.received[from].set(action.streamId, list);
      if (this.reading) this[from].consumed(action.streamId, action.data.length);
    } else {
      this.events.push(
        `${from} ${action.kind} ${action.streamId}${action.kind === 'closed' ? ` ${action.reason ?? 'done'}` : ''}`,
      );
    }
  }
}

test('bytes travel both ways and each direction ends by itself', () => {
  const pair = new Pair();
  const id = pair.cloud.open() ?? 0;
  pair.cloud.write(id, Buffer.from('question'));
  pair.cloud.end(id);
  pair.settle();
  pair.edge.write(id, Buffer.from('answer'));
  pair.edge.end(id);
  pair.settle();
  expect(Buffer.concat(pair.received.edge.get(id) ?? []).toString()).toBe('question');
  expect(Buffer.concat(pair.received.cloud.get(id) ?? []).toString()).toBe('answer');
  expect(pair.events).toEqual([
    'edge opened 1',
    'edge ended 1',
    'edge closed 1 done',
    'cloud ended 1',
    'cloud closed 1 done',
  ]);
  expect(pair.cloud.size + pair.edge.size).toBe(0);
});

test('a reader that does not read holds the writer at one window', () => {
  const pair = new Pair();
  pair.reading = false;
  const id = pair.cloud.open() ?? 0;
  expect(pair.cloud.write(id, Buffer.alloc(2 * initialStreamWindowBytes, 1))).toBe(false);
  pair.settle();
  const arrived = Buffer.concat(pair.received.edge.get(id) ?? []).length;
  expect(arrived).toBe(initialStreamWindowBytes);
  pair.reading = true;
  pair.edge.consumed(id, arrived);
  pair.settle();
  expect(Buffer.concat(pair.received.edge.get(id) ?? []).length).toBe(2 * initialStreamWindowBytes);
  expect(pair.events).toContain('cloud drained 1');
});

test('a writer that ignores the limit, and a reset, end a stream on both sides with the reason', () => {
  const pair = new Pair();
  const id = pair.cloud.open() ?? 0;
  pair.cloud.write(id, Buffer.alloc((1 << 22) + initialStreamWindowBytes + 1));
  pair.settle();
  expect(pair.events).toContain('edge closed 1 the writer does not wait for the reader');
  const other = pair.cloud.open() ?? 0;
  pair.settle();
  pair.edge.reset(other, 'no such pod');
  pair.settle();
  expect(pair.events).toContain('cloud closed 2 no such pod');
});

test('any mix of writes on several streams arrives whole and in order', () => {
  const write = fc.record({ stream: fc.nat(2), bytes: fc.nat(300_000), fromEdge: fc.boolean() });
  fc.assert(
    fc.property(fc.array(write, { maxLength: 12 }), (writes) => {
      const pair = new Pair();
      const ids = [0, 1, 2].map(() => pair.cloud.open() ?? 0);
      pair.settle();
      const sent = { cloud: new Map<number, Buffer[]>(), edge: new Map<number, Buffer[]>() };
      writes.forEach(({ stream, bytes, fromEdge }, index) => {
        const id = ids[stream] ?? 0;
        const data = Buffer.alloc(bytes, index + 1);
        const list = sent[fromEdge ? 'edge' : 'cloud'];
        list.set(id, [...(list.get(id) ?? []), data]);
        pair[fromEdge ? 'edge' : 'cloud'].write(id, data);
        pair.settle();
      });
      for (const id of ids) {
        expect(Buffer.concat(pair.received.edge.get(id) ?? [])).toEqual(
          Buffer.concat(sent.cloud.get(id) ?? []),
        );
        expect(Buffer.concat(pair.received.cloud.get(id) ?? [])).toEqual(
          Buffer.concat(sent.edge.get(id) ?? []),
        );
        pair.cloud.end(id);
        pair.edge.end(id);
      }
      pair.settle();
      expect(pair.cloud.size + pair.edge.size).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test('broken frames are named, never thrown, whatever they are', () => {
  const edge = new StreamMultiplexer({ role: 'acceptor' });
  expect(edge.receive(Buffer.from([9, 0, 0, 0, 1]))).toBeDefined();
  expect(edge.receive(encodeStreamFrame(streamFrameKind.data, 5, Buffer.from('x')))).toBeDefined();
  edge.receive(encodeStreamFrame(streamFrameKind.open, 1));
  expect(edge.receive(encodeStreamFrame(streamFrameKind.open, 1))).toBeDefined();
  fc.assert(
    fc.property(
      fc.array(
        fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
        { maxLength: 30 },
      ),
      (frames) => {
        const any = new StreamMultiplexer({ role: 'acceptor', maxStreams: 4 });
        for (const frame of frames) any.receive(frame);
        expect(any.size).toBeLessThanOrEqual(4);
      },
    ),
  );
});
