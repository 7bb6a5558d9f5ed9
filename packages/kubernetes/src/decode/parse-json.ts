// Parses JSON from outside: nesting is bounded, and what is wrong is told in the words of Go's decoder.

export type ParsedJson =
  | { readonly kind: 'parsed'; readonly value: unknown }
  | { readonly kind: 'malformed'; readonly message: string };

/** Deeper than any real object; recursion over what is parsed relies on it. */
export const maxJsonDepth = 1000;

export function parseJson(text: string): ParsedJson {
  if (isTooDeep(text)) return { kind: 'malformed', message: 'exceeded max depth' };
  try {
    return { kind: 'parsed', value: JSON.parse(text) as unknown };
  } catch {
    // The engine's own words differ from version to version.
    return { kind: 'malformed', message: describeJsonError(text) };
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > maxJsonDepth) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

/** What Go says of a text that is no JSON: the first character that can not stand where it stands. */
export function describeJsonError(text: string): string {
  try {
    new Scanner(text).scan();
  } catch (error) {
    if (error instanceof SyntaxFault) return error.message;
    throw error;
  }
  return 'unexpected end of JSON input';
}

class SyntaxFault extends Error {}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): void {
    this.#value(maxJsonDepth);
    this.#space();
    if (this.#at < this.#text.length) this.#fail('after top-level value');
  }

  #value(depthLeft: number): void {
    this.#space();
    const character = this.#peek();
    if (depthLeft === 0) throw new SyntaxFault('exceeded max depth');
    if (character === '{') this.#object(depthLeft);
    else if (character === '[') this.#array(depthLeft);
    else if (character === '"') this.#string();
    else if (character === 't') this.#literal('true');
    else if (character === 'f') this.#literal('false');
    else if (character === 'n') this.#literal('null');
    else if (/[-0-9]/.test(character)) this.#number();
    else this.#fail('looking for beginning of value');
  }

  #object(depthLeft: number): void {
    this.#at++;
    this.#space();
    if (this.#peek() === '}') {
      this.#at++;
      return;
    }
    for (;;) {
      this.#space();
      if (this.#peek() !== '"') this.#fail('looking for beginning of object key string');
      this.#string();
      this.#space();
      if (this.#peek() !== ':') this.#fail('after object key');
      this.#at++;
      this.#value(depthLeft - 1);
      this.#space();
      const next = this.#peek();
      if (next !== ',' && next !== '}') this.#fail('after object key:value pair');
      this.#at++;
      if (next === '}') return;
    }
  }

  #array(depthLeft: number): void {
    this.#at++;
    this.#space();
    if (this.#peek() === ']') {
      this.#at++;
      return;
    }
    for (;;) {
      this.#value(depthLeft - 1);
      this.#space();
      const next = this.#peek();
      if (next !== ',' && next !== ']') this.#fail('after array element');
      this.#at++;
      if (next === ']') return;
    }
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const character = this.#peek();
      if (character < ' ') this.#fail('in string literal');
      this.#at++;
      if (character === '"') return;
      if (character !== '\\') continue;
      const escaped = this.#peek();
      if (!/["\\/bfnrtu]/.test(escaped)) this.#fail('in string escape code');
      this.#at++;
      for (let digit = 0; escaped === 'u' && digit < 4; digit++) {
        if (!/[0-9a-fA-F]/.test(this.#peek())) this.#fail('in \\u hexadecimal character escape');
        this.#at++;
      }
    }
  }

  #literal(word: string): void {
    this.#at++;
    for (const expected of word.slice(1)) {
      if (this.#peek() !== expected) this.#fail(`in literal ${word} (expecting '${expected}')`);
      this.#at++;
    }
  }

  #number(): void {
    if (this.#peek() === '-') this.#at++;
    if (this.#peek() === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at++;
      if (/[-+]/.test(this.#peek())) this.#at++;
      this.#digits('in exponent of numeric literal');
    }
  }

  #digits(where: string): void {
    if (!/\d/.test(this.#peek())) this.#fail(where);
    while (/\d/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #peek(): string {
    const character = this.#text[this.#at];
    if (character === undefined) throw new SyntaxFault('unexpected end of JSON input');
    return character;
  }

  #fail(where: string): never {
    throw new SyntaxFault(`invalid character ${quoted(this.#text, this.#at)} ${where}`);
  }
}

/** Go looks at bytes: of a character beyond ASCII it shows the first one of its UTF-8 form. */
function quoted(text: string, at: number): string {
  const [byte = 0] = new TextEncoder().encode(String.fromCodePoint(text.codePointAt(at) ?? 0));
  if (byte === 0x27) return "'\\''";
  if (byte === 0x22) return "'\"'";
  const named: Record<number, string> = {
    7: 'a',
    8: 'b',
    9: 't',
    10: 'n',
    11: 'v',
    12: 'f',
    13: 'r',
    92: '\\',
  };
  const name = named[byte];
  if (name !== undefined) return `'\\${name}'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`;
  return byte >= 0x80 && byte < 0xa1 ? `'\\u00${byte.toString(16)}'` : `'${String.fromCharCode(byte)}'`;
}
