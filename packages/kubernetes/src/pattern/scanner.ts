// A place in a regular expression's text, and the steps onwards from it.

export class Scanner {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  sees(part: string): boolean {
    return this.text.startsWith(part, this.at);
  }

  take(part: string): boolean {
    if (!this.sees(part)) return false;
    this.at += part.length;
    return true;
  }

  /** By a sticky expression. */
  takeMatch(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text);
    if (!found) return undefined;
    this.at += found[0].length;
    return found;
  }

  /** Up to the part, which is skipped, or to the end. */
  takeUntil(part: string): string {
    const found = this.text.indexOf(part, this.at);
    const end = found === -1 ? this.text.length : found;
    const taken = this.text.slice(this.at, end);
    this.at = found === -1 ? end : end + part.length;
    return taken;
  }

  /** The next code point. */
  next(): number {
    const code = this.text.codePointAt(this.at) ?? 0;
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  since(start: number): string {
    return this.text.slice(start, this.at);
  }
}
