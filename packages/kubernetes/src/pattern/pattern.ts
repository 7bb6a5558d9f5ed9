// Regular expressions of Kubernetes' schemas: Go's syntax, and a time that grows with the text alone, whatever the expression.

import { isWordCharacter } from './character-classes.ts';
import { parsePattern } from './parse-pattern.ts';
import { type Assertion, type CharacterTest, PatternError, type PatternNode } from './pattern-node.ts';

type Instruction =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { kind: 'split'; readonly targets: number[] }
  | { readonly kind: 'match' };

/** Of one expression; a longer or larger one is refused. */
const maxLength = 16_384;
const maxInstructions = 20_000;
/** Of one text; a longer one than that matches nothing. */
const maxSteps = 10_000_000;

export type CompiledPattern =
  | { readonly kind: 'compiled'; readonly matches: (text: string) => boolean }
  | { readonly kind: 'malformed'; readonly message: string };

export function compilePattern(text: string): CompiledPattern {
  if (text.length > maxLength) return { kind: 'malformed', message: 'expression too large' };
  try {
    const program: Instruction[] = [];
    emit(program, parsePattern(text));
    program.push({ kind: 'match' });
    return { kind: 'compiled', matches: (value) => new Run(program, value).matches() };
  } catch (error) {
    if (error instanceof PatternError) return { kind: 'malformed', message: error.message };
    throw error;
  }
}

/** Each node's instructions go on to the one after them. */
function emit(program: Instruction[], node: PatternNode): void {
  if (program.length > maxInstructions) throw new PatternError('expression too large', '');
  switch (node.kind) {
    case 'character':
    case 'assertion':
      program.push(node);
      return;
    case 'sequence':
      for (const one of node.nodes) emit(program, one);
      return;
    case 'choice':
      emitChoice(program, node.nodes);
      return;
    case 'repeat':
      emitRepeat(program, node);
      return;
  }
}

function split(program: Instruction[], ...targets: number[]): { targets: number[] } {
  const instruction = { kind: 'split', targets } as const;
  program.push(instruction);
  return instruction;
}

function emitChoice(program: Instruction[], nodes: readonly PatternNode[]): void {
  const choice = split(program);
  const ends = nodes.map((node) => {
    choice.targets.push(program.length);
    emit(program, node);
    return split(program);
  });
  for (const end of ends) end.targets.push(program.length);
}

function emitRepeat(program: Instruction[], { node, least, most }: PatternNode & { kind: 'repeat' }): void {
  for (let time = 0; time < least; time++) emit(program, node);
  if (most === undefined) {
    const start = program.length;
    const loop = split(program, start + 1);
    emit(program, node);
    split(program, start);
    loop.targets.push(program.length);
    return;
  }
  const exits: Array<{ targets: number[] }> = [];
  for (let time = least; time < most; time++) {
    exits.push(split(program, program.length + 1));
    emit(program, node);
  }
  for (const exit of exits) exit.targets.push(program.length);
}

/** All the ways through the expression at once, character by character. */
class Run {
  readonly #program: readonly Instruction[];
  readonly #codes: readonly number[];
  readonly #marks: Uint32Array;
  #at = 0;
  #steps = 0;

  constructor(program: readonly Instruction[], text: string) {
    this.#program = program;
    this.#codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    this.#marks = new Uint32Array(program.length);
  }

  matches(): boolean {
    const [first] = this.#program;
    const isAnchored = first?.kind === 'assertion' && first.assertion === 'text-start';
    let current: number[] = [];
    for (this.#at = 0; this.#at <= this.#codes.length; this.#at++) {
      // A match may begin anywhere, unless the expression says where.
      if (this.#at === 0 || !isAnchored) current.push(0);
      if (current.length === 0) return false;
      const waiting: number[] = [];
      for (const start of current) if (this.#follow(start, waiting)) return true;
      if (this.#steps > maxSteps) return false;
      current = this.#step(waiting);
    }
    return false;
  }

  /** Goes as far as no character is needed; true when that is the end. */
  #follow(start: number, waiting: number[]): boolean {
    const stack = [start];
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      if (this.#marks[place] === this.#at + 1) continue;
      this.#marks[place] = this.#at + 1;
      this.#steps++;
      const instruction = this.#program[place];
      switch (instruction?.kind) {
        case 'match':
          return true;
        case 'split':
          stack.push(...instruction.targets);
          break;
        case 'assertion':
          if (this.#holds(instruction.assertion)) stack.push(place + 1);
          break;
        default:
          waiting.push(place);
      }
    }
    return false;
  }

  #step(waiting: readonly number[]): number[] {
    const code = this.#codes[this.#at];
    if (code === undefined) return [];
    this.#steps += waiting.length;
    const reached: number[] = [];
    for (const place of waiting) {
      const instruction = this.#program[place];
      if (instruction?.kind === 'character' && instruction.test(code)) reached.push(place + 1);
    }
    return reached;
  }

  #holds(assertion: Assertion): boolean {
    const [before, after] = [this.#codes[this.#at - 1], this.#codes[this.#at]];
    const isBoundary = isWord(before) !== isWord(after);
    switch (assertion) {
      case 'text-start':
        return before === undefined;
      case 'text-end':
        return after === undefined;
      case 'line-start':
        return before === undefined || before === 0x0a;
      case 'line-end':
        return after === undefined || after === 0x0a;
      case 'word':
        return isBoundary;
      case 'no-word':
        return !isBoundary;
    }
  }
}

function isWord(code: number | undefined): boolean {
  return code !== undefined && isWordCharacter(code);
}
