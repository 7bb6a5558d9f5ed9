import { expect, test } from 'bun:test';
import { FakeClock } from '@selvedge/base';
import { createTerminal, formatTable } from './terminal.ts';

function open(isLive: boolean) {
  const clock = new FakeClock();
  const written: string[] = [];
  const terminal = createTerminal({
    clock,
    writeOutput: () => undefined,
    writeError: (text) => written.push(text),
    isLive,
  });
  return { clock, terminal, written };
}

test('without a terminal a step is plain lines, and a quick one is a single line', async () => {
  const { clock, terminal, written } = open(false);
  await terminal.step('Quick', async () => undefined);
  const slow = terminal.step('Slow', () => new Promise<void>((resolve) => void clock.after(3_000, resolve)));
  await clock.advance(3_000);
  await slow;
  expect(written).toEqual(['Quick: done\n', 'Slow …\n', 'Slow: done in 3.0 s\n']);
  expect(clock.pendingTimers).toBe(0);
});

test('on a terminal a step that takes long shows that it goes on', async () => {
  const { clock, terminal, written } = open(true);
  const slow = terminal.step('Slow', (report) => {
    report('half');
    return new Promise<void>((resolve) => void clock.after(1_150, resolve));
  });
  await clock.advance(1_150);
  await slow;
  expect(written.length).toBe(3);
  expect(written[0]).toContain('Slow: half 1.0 s');
  expect(written.at(-1)).toContain('✔ Slow 1.1 s\n');
  expect(clock.pendingTimers).toBe(0);
});

test('of steps that go on at once the oldest moves; a remark stands on a line of its own', async () => {
  const { clock, terminal, written } = open(true);
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const steps = [terminal.step('One', () => wait(2_050)), terminal.step('Two', () => wait(1_550))];
  await clock.advance(1_150);
  terminal.note('by the way');
  await clock.advance(1_000);
  await Promise.all(steps);
  const text = written.join('');
  expect(text).not.toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Two/u);
  expect(text).toContain('\r\u001b[2Kby the way\n');
  expect(text.split('\n').map((line) => line.split('\r').at(-1))).toEqual([
    '\u001b[2Kby the way',
    '\u001b[2K✔ Two 1.6 s',
    '\u001b[2K✔ One 2.0 s',
    '',
  ]);
});

test('a failed step says so and passes the error on', async () => {
  const { terminal, written } = open(false);
  const step = terminal.step('Bad', () => Promise.reject(new Error('no')));
  expect(await step.catch((error: Error) => error.message)).toBe('no');
  expect(written).toEqual(['Bad: failed\n']);
});

test('tables align their columns', () => {
  expect(
    formatTable(
      ['A', 'NAME'],
      [
        ['1', 'x'],
        ['long', 'y'],
      ],
    ),
  ).toBe('A      NAME\n1      x\nlong   y');
});
