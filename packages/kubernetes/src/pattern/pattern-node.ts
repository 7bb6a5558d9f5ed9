// A regular expression, read: what its parser makes and its matcher runs.

/** Whether a single code point belongs. */
export type CharacterTest = (code: number) => boolean;

/** `^` and `$` of a line or of the text, and word boundaries. */
export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'no-word';

export type PatternNode =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly nodes: readonly PatternNode[] }
  /** A most of undefined: without end. */
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly least: number;
      readonly most: number | undefined;
    };

/** What Go would say of the expression, after `error parsing regexp: `. */
export class PatternError extends Error {
  override readonly name = 'PatternError';

  constructor(why: string, where: string) {
    super(`${why}: \`${where}\``);
  }
}
