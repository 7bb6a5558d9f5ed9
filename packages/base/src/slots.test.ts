import { expect, test } from 'bun:test';
import { Slots } from './slots.ts';

test('never more run than there are slots, also when one comes as another ends', async () => {
  const slots = new Slots(2);
  let running = 0;
  let most = 0;
  const ends: Array<() => void> = [];
  const work = async () => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running--;
  };
  const all = [slots.run(work), slots.run(work), slots.run(work)];
  await Promise.resolve();
  // Who comes at each turn of the moment in which a slot changes hands gets in line.
  ends.shift()?.();
  for (let turn = 0; turn < 10; turn++) {
    all.push(slots.run(work));
    await Promise.resolve();
  }
  while (running > 0) {
    ends.shift()?.();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
  await Promise.all(all);
  expect([most, all.length]).toEqual([2, 13]);
});

test('work that fails gives its slot back', async () => {
  const slots = new Slots(1);
  const failed = await slots.run(() => Promise.reject(new Error('no'))).catch((error) => error.message);
  expect([failed, await slots.run(async () => 'next')]).toEqual(['no', 'next']);
});
