import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { availableMemoryBytes, parseAvailableMemory, parseOsName, readMachine } from './machine.ts';

test('the name of the system, however it is quoted', () => {
  const release = (value: string) => `ID=debian\nPRETTY_NAME=${value}\nPRETTY_NAME_2="no"\n`;
  expect(parseOsName(release('"Debian GNU/Linux 12 (bookworm)"'))).toBe('Debian GNU/Linux 12 (bookworm)');
  expect(parseOsName(release("'Alpine Linux'"))).toBe('Alpine Linux');
  expect(parseOsName(release('Buildroot'))).toBe('Buildroot');
  expect(parseOsName(release('"never closed'))).toBe('never closed');
  for (const none of ['', 'ID=x', release(''), release('""')]) expect(parseOsName(none)).toBe('Linux');
});

test('memory that is available, in bytes', () => {
  const meminfo = 'MemTotal:       8000000 kB\nMemFree:         100000 kB\nMemAvailable:    4000000 kB\n';
  expect(parseAvailableMemory(meminfo)).toBe(4_000_000 * 1_024);
  expect(parseAvailableMemory('MemTotal: 8000000 kB\n')).toBe(0);
});

test('whatever the files hold, there is a name of one line and a number', () => {
  const lines = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(lines, lines, (before, value) => {
      const name = parseOsName(`${before}\nPRETTY_NAME=${value}`);
      expect(name).not.toBe('');
      expect(name).not.toContain('\n');
      const bytes = parseAvailableMemory(`${before}\nMemAvailable: ${value}`);
      expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
    }),
  );
});

test('this machine has all of it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'machine-'));
  const machine = await readMachine(join(directory, 'root'));
  rmSync(directory, { recursive: true });
  expect(machine.cpuCount).toBeGreaterThan(0);
  expect(machine.allocatable.memoryBytes).toBeLessThan(machine.memoryBytes);
  expect(machine.allocatable.ephemeralStorageBytes).toBeLessThan(machine.diskBytes);
  expect(await availableMemoryBytes()).toBeGreaterThan(0);
});
