// Reads a regular expression in Go's syntax, and refuses what Go refuses, in its words.
// Source: Go's regexp/syntax (RE2): no backreferences, no looking around.

import { inAnyCase } from './character-classes.ts';
import { parseEscape, parseSet } from './parse-set.ts';
import { type CharacterTest, PatternError, type PatternNode } from './pattern-node.ts';
import { Scanner } from './scanner.ts';

const maxRepeat = 1_000;
/** Deeper groups are refused, as Go refuses them. */
const maxDepth = 1_000;

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

export function parsePattern(text: string): PatternNode {
  return new Parser(text).parse();
}

class Parser {
  readonly #scanner: Scanner;
  #flags: Flags = { i: false, m: false, s: false };
  #depth = 0;

  constructor(text: string) {
    this.#scanner = new Scanner(text);
  }

  parse(): PatternNode {
    const node = this.#choice();
    if (!this.#scanner.isAtEnd) throw new PatternError('unexpected )', this.#scanner.text);
    return node;
  }

  #choice(): PatternNode {
    const nodes = [this.#sequence()];
    while (this.#scanner.take('|')) nodes.push(this.#sequence());
    return nodes.length === 1 ? (nodes[0] as PatternNode) : { kind: 'choice', nodes };
  }

  #sequence(): PatternNode {
    const nodes: PatternNode[] = [];
    const scanner = this.#scanner;
    while (!scanner.isAtEnd && !scanner.sees('|') && !scanner.sees(')')) {
      const before = scanner.at;
      const quantifier = this.#quantifier();
      if (quantifier)
        throw new PatternError('missing argument to repetition operator', scanner.since(before));
      for (const node of this.#atom()) nodes.push(node);
      const last = nodes.pop();
      if (last) nodes.push(this.#repeated(last));
    }
    return { kind: 'sequence', nodes };
  }

  #repeated(node: PatternNode): PatternNode {
    const scanner = this.#scanner;
    const before = scanner.at;
    const found = this.#quantifier();
    if (!found) return node;
    const { least, most } = found;
    const where = scanner.since(before);
    if (Math.max(least, most ?? 0) > maxRepeat || (most !== undefined && least > most)) {
      throw new PatternError('invalid repeat count', where);
    }
    if (Math.max(least, most ?? 0) * repeatsOf(node) > maxRepeat) {
      throw new PatternError('invalid repeat count', where);
    }
    scanner.take('?');
    const second = scanner.at;
    if (this.#quantifier()) {
      throw new PatternError('invalid nested repetition operator', where + scanner.since(second));
    }
    return { kind: 'repeat', node, least, most };
  }

  #quantifier(): { least: number; most: number | undefined } | undefined {
    const scanner = this.#scanner;
    if (scanner.take('*')) return { least: 0, most: undefined };
    if (scanner.take('+')) return { least: 1, most: undefined };
    if (scanner.take('?')) return { least: 0, most: 1 };
    const counted = scanner.takeMatch(/\{(\d+)(?:(,)(\d*))?\}/y);
    if (!counted) return undefined;
    const [, least = '', comma, most = ''] = counted;
    if (comma === undefined) return { least: Number(least), most: Number(least) };
    return { least: Number(least), most: most === '' ? undefined : Number(most) };
  }

  /** None for flags, several for quoted text. */
  #atom(): PatternNode[] {
    const scanner = this.#scanner;
    const { m, s } = this.#flags;
    if (scanner.sees('(')) return this.#group();
    if (scanner.sees('[')) return [this.#character(parseSet(scanner))];
    if (scanner.take('.')) return [this.#character((code) => s || code !== 0x0a)];
    if (scanner.take('^')) return [{ kind: 'assertion', assertion: m ? 'line-start' : 'text-start' }];
    if (scanner.take('$')) return [{ kind: 'assertion', assertion: m ? 'line-end' : 'text-end' }];
    if (scanner.take('\\Q')) {
      return Array.from(scanner.takeUntil('\\E'), (one) => this.#literal(one.codePointAt(0) ?? 0));
    }
    for (const [letter, assertion] of assertions) {
      if (scanner.take(letter)) return [{ kind: 'assertion', assertion }];
    }
    if (scanner.sees('\\')) return [this.#character(parseEscape(scanner))];
    return [this.#literal(scanner.next())];
  }

  #group(): PatternNode[] {
    const scanner = this.#scanner;
    const outer = this.#flags;
    scanner.take('(');
    if (scanner.sees('?') && !scanner.takeMatch(/\?P?<[A-Za-z0-9_]+>/y)) {
      this.#flags = this.#readFlags();
      if (scanner.take(')')) return [];
      scanner.take(':');
    }
    if (++this.#depth > maxDepth) throw new PatternError('expression nests too deeply', scanner.text);
    const node = this.#choice();
    this.#depth--;
    this.#flags = outer;
    if (!scanner.take(')')) throw new PatternError('missing closing )', scanner.text);
    return [node];
  }

  /** From `?` to before the `:` or `)` that ends them. */
  #readFlags(): Flags {
    const scanner = this.#scanner;
    const start = scanner.at - 1;
    const flags = { ...this.#flags };
    let value = true;
    for (scanner.take('?'); ; ) {
      if (scanner.isAtEnd) throw new PatternError('missing argument to repetition operator', '?');
      if (scanner.sees(':') || scanner.sees(')')) return flags;
      const letter = String.fromCodePoint(scanner.next());
      if (letter === 'i' || letter === 'm' || letter === 's') flags[letter] = value;
      else if (letter === '-' && value) value = false;
      else if (letter !== 'U') {
        throw new PatternError('invalid or unsupported Perl syntax', scanner.since(start));
      }
    }
  }

  #literal(code: number): PatternNode {
    return this.#character((other) => other === code);
  }

  #character(test: CharacterTest): PatternNode {
    return { kind: 'character', test: this.#flags.i ? inAnyCase(test) : test };
  }
}

const assertions = [
  ['\\A', 'text-start'],
  ['\\z', 'text-end'],
  ['\\b', 'word'],
  ['\\B', 'no-word'],
] as const;

/** How often the expression's counted repetitions copy what is in them. */
function repeatsOf(node: PatternNode): number {
  switch (node.kind) {
    case 'repeat':
      return Math.max(1, node.least, node.most ?? 0) * repeatsOf(node.node);
    case 'sequence':
    case 'choice':
      return Math.max(1, ...node.nodes.map(repeatsOf));
    default:
      return 1;
  }
}
