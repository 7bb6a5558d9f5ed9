// Encoded events: once for each form, and no more of them than there is room for.

import { expect, test } from 'bun:test';
import type { StoreEvent } from '../../store/types.ts';
import { EncodedEvents } from './encoded-events.ts';

function event(revision: number): StoreEvent {
  return { revision, key: 'a/b', entry: undefined, previous: undefined };
}

test('each event is encoded once for each form, until newer ones take its room', () => {
  const events = new EncodedEvents(100);
  let encodings = 0;
  const encode = () => {
    encodings++;
    return new Uint8Array(40);
  };
  const [first, second] = [event(1), event(2)];
  events.of(first, 'object', encode);
  expect(events.of(first, 'object', encode)).toHaveLength(40);
  expect(encodings).toBe(1);
  events.of(first, 'partial', encode);
  events.of(second, 'object', encode); // 120 bytes: the first event goes, with both its forms
  events.of(second, 'object', encode);
  expect(encodings).toBe(3);
  events.of(first, 'object', encode);
  expect(encodings).toBe(4);
});

test('what is larger than all the room is encoded and not kept', () => {
  const events = new EncodedEvents(10);
  expect(events.of(event(1), 'object', () => new Uint8Array(20))).toHaveLength(20);
  expect(events.of(event(2), 'object', () => new Uint8Array(8))).toHaveLength(8);
});
