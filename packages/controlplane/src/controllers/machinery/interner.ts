// One shared copy of equal values: a million pods of one template keep one set of labels and one scheduling shape.

const sweepFloor = 1_024;

export class Interner<T extends object> {
  readonly #values = new Map<string, WeakRef<T>>();
  #sweepAt = sweepFloor;

  /** The copy kept for this text, made by `make` when there is none; unused copies are collected. */
  intern(text: string, make: () => T): T {
    const known = this.#values.get(text)?.deref();
    if (known) return known;
    const value = make();
    this.#values.set(text, new WeakRef(value));
    if (this.#values.size >= this.#sweepAt) this.#sweep();
    return value;
  }

  #sweep(): void {
    for (const [text, reference] of this.#values) if (!reference.deref()) this.#values.delete(text);
    this.#sweepAt = Math.max(sweepFloor, this.#values.size * 2);
  }
}
