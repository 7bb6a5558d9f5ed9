// Reads escapes and sets of a regular expression: `\d`, `\x{1F600}`, `[^a-z[:digit:]]`.

import { not, perlClass, posixClass, unicodeClass } from './character-classes.ts';
import { type CharacterTest, PatternError } from './pattern-node.ts';
import type { Scanner } from './scanner.ts';

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const maxCode = 0x10ffff;

/** What a backslash and what follows stand for: a class, or one character. */
export function parseEscape(scanner: Scanner): CharacterTest {
  const found = readEscape(scanner);
  return typeof found === 'number' ? (code) => code === found : found;
}

function readEscape(scanner: Scanner): CharacterTest | number {
  const start = scanner.at;
  scanner.take('\\');
  if (scanner.isAtEnd) throw new PatternError('trailing backslash at end of expression', '');
  const unicode = scanner.takeMatch(/([pP])(?:\{([^}]*)\}|([^{]))/uy);
  if (unicode) {
    const test = unicodeClass(unicode[2] ?? unicode[3] ?? '', scanner.since(start));
    return unicode[1] === 'P' ? not(test) : test;
  }
  const octal = scanner.takeMatch(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y);
  if (octal) return Number.parseInt(octal[0], 8);
  const hex = scanner.takeMatch(/x(?:\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{2}))/y);
  if (hex) {
    const code = Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    if (code <= maxCode) return code;
    throw new PatternError('invalid escape sequence', scanner.since(start));
  }
  const code = scanner.next();
  const letter = String.fromCodePoint(code);
  const known = perlClass(letter) ?? controls[letter];
  if (known !== undefined) return known;
  if (code < 0x80 && !/[0-9A-Za-z]/.test(letter)) return code;
  throw new PatternError('invalid escape sequence', scanner.since(start));
}

/** From `[` to the `]` that closes it. */
export function parseSet(scanner: Scanner): CharacterTest {
  const start = scanner.at;
  scanner.take('[');
  const isNegated = scanner.take('^');
  const tests: CharacterTest[] = [];
  for (let isFirst = true; isFirst || !scanner.take(']'); isFirst = false) {
    if (scanner.isAtEnd) throw new PatternError('missing closing ]', scanner.text.slice(start));
    tests.push(readItem(scanner));
  }
  const test: CharacterTest = (code) => tests.some((one) => one(code));
  return isNegated ? not(test) : test;
}

function readItem(scanner: Scanner): CharacterTest {
  const start = scanner.at;
  const named = scanner.takeMatch(/\[:([^\]]*):\]/y);
  if (named) {
    const test = posixClass(named[1] ?? '');
    if (test) return test;
    throw new PatternError('invalid character class range', named[0]);
  }
  const low = readBound(scanner);
  if (typeof low !== 'number') return low;
  const isRange = scanner.sees('-') && !scanner.sees('-]');
  if (!isRange) return (code) => code === low;
  scanner.take('-');
  if (scanner.isAtEnd)
    throw new PatternError('missing closing ]', scanner.text.slice(scanner.text.lastIndexOf('[')));
  const high = readBound(scanner);
  if (typeof high !== 'number' || high < low) {
    throw new PatternError('invalid character class range', scanner.since(start));
  }
  return (code) => code >= low && code <= high;
}

function readBound(scanner: Scanner): CharacterTest | number {
  return scanner.sees('\\') ? readEscape(scanner) : scanner.next();
}
