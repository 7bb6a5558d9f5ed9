import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { CriLogReader, parseCriLogLine } from './cri-log.ts';

const time = '2026-11-24T03:17:16.123456789Z';
const all = { timestamps: false, stream: 'all', sinceMs: undefined } as const;

function read(
  text: string,
  options: Partial<ConstructorParameters<typeof CriLogReader>[0]> = {},
  cut = 1_000,
): string {
  const reader = new CriLogReader({ ...all, ...options });
  const bytes = Buffer.from(text);
  const shown: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += cut) shown.push(reader.push(bytes.subarray(at, at + cut)));
  return Buffer.concat(shown).toString();
}

test('a line is time, stream, tags and content', () => {
  const line = parseCriLogLine(Buffer.from(`${time} stderr F hello world `));
  expect(line).toMatchObject({ time, stream: 'stderr', partial: false });
  expect(line?.content.toString()).toBe('hello world ');
  expect(parseCriLogLine(Buffer.from(`${time} stdout P:x a`))?.partial).toBe(true);
  expect(parseCriLogLine(Buffer.from(`${time} stdout F `))?.content.length).toBe(0);
});

test('what is no such line is passed over', () => {
  for (const text of [
    '',
    'hello',
    `${time} stdout F`,
    `${time} stdin F x`,
    'yesterday stdout F x',
    `${'9'.repeat(200)} stdout F x`,
  ]) {
    expect([text, parseCriLogLine(Buffer.from(text))]).toEqual([text, undefined]);
  }
  expect(read(`garbage\n${time} stdout F kept\n`)).toBe('kept\n');
});

test('pieces of one line are joined, with one time stamp', () => {
  const text = `${time} stdout P one, \n${time} stdout P two, \n${time} stdout F three\n`;
  expect(read(text)).toBe('one, two, three\n');
  expect(read(text, { timestamps: true })).toBe(`${time} one, two, three\n`);
});

test('streams and times can be chosen', () => {
  const text = `${time} stdout F out\n${time.replace('16', '18')} stderr F err\n`;
  expect(read(text, { stream: 'stderr' })).toBe('err\n');
  expect(read(text, { sinceMs: Date.parse('2026-11-24T03:17:17Z') })).toBe('err\n');
});

test('it does not matter where a file is cut into pieces', () => {
  const text = `${time} stdout F grün\n${time} stderr P x\n\n${time} stderr F y\nbroken\n`;
  fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), (cut) => read(text, {}, cut) === read(text)));
});

test('an unfinished line waits for its rest, but not without end', () => {
  const reader = new CriLogReader(all);
  expect(reader.push(Buffer.from(`${time} stdout F be`)).toString()).toBe('');
  expect(reader.push(Buffer.from('gun\n')).toString()).toBe('begun\n');
  const endless = new CriLogReader(all);
  for (let count = 0; count < 40; count++) endless.push(Buffer.alloc(64 << 10, 0x61));
  expect(endless.push(Buffer.from(`\n${time} stdout F next\n`)).toString()).toBe('next\n');
});

test('any bytes are read without failing', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      (bytes) => new CriLogReader(all).push(Buffer.from(bytes)).length <= 300,
    ),
  );
});
