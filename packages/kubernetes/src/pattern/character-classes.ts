// The sets of characters that a regular expression names: `\d`, `[[:alpha:]]`, `\p{Greek}`.

import { type CharacterTest, PatternError } from './pattern-node.ts';

const ofSource = (source: string): CharacterTest => {
  const single = new RegExp(`^${source}$`, 'u');
  return (code) => single.test(String.fromCodePoint(code));
};

export const not =
  (test: CharacterTest): CharacterTest =>
  (code) =>
    !test(code);

/** In either case, where the expression does not look at it. */
export function inAnyCase(test: CharacterTest): CharacterTest {
  return (code) => {
    if (test(code)) return true;
    const text = String.fromCodePoint(code);
    return [text.toLowerCase(), text.toUpperCase()].some(
      (other) => other.length === text.length && test(other.codePointAt(0) ?? code),
    );
  };
}

const perl: Readonly<Record<string, CharacterTest>> = {
  d: ofSource('[0-9]'),
  s: ofSource('[\\t\\n\\f\\r ]'),
  w: ofSource('[0-9A-Za-z_]'),
};
export const isWordCharacter = perl.w as CharacterTest;

/** Of `\d`, `\D` and the like. */
export function perlClass(letter: string): CharacterTest | undefined {
  const found = perl[letter];
  if (found) return found;
  const opposite = perl[letter.toLowerCase()];
  return opposite && not(opposite);
}

const posix: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** Of `[:alpha:]` and `[:^alpha:]`, inside of a set. */
export function posixClass(name: string): CharacterTest | undefined {
  const isNegated = name.startsWith('^');
  const source = posix[isNegated ? name.slice(1) : name];
  return source === undefined ? undefined : ofSource(`[${isNegated ? '^' : ''}${source}]`);
}

/** Of `\pL`, `\p{Greek}` and, with a `^` before the name, of all others. */
export function unicodeClass(name: string, where: string): CharacterTest {
  const isNegated = name.startsWith('^');
  const plain = isNegated ? name.slice(1) : name;
  if (plain === 'Any') return () => !isNegated;
  for (const property of [`Script=${plain}`, `General_Category=${plain}`]) {
    try {
      const test = ofSource(`\\p{${property}}`);
      return isNegated ? not(test) : test;
    } catch {
      // No script of this name: perhaps a category.
    }
  }
  throw new PatternError('invalid character class range', where);
}
