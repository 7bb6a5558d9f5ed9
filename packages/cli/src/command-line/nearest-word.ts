// Finds the word that somebody may have meant: one that begins alike, or is at most two typing errors away.

const maxErrors = 2;

export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const begins = known.find((one) => one.startsWith(word) || word.startsWith(one));
  if (begins !== undefined && word !== '') return begins;
  const ranked = known
    .map((one) => ({ one, errors: typingErrors(word, one) }))
    .sort((left, right) => left.errors - right.errors);
  const [best] = ranked;
  // In a word of three letters two errors leave nothing that was meant.
  return best && best.errors <= Math.min(maxErrors, Math.floor(best.one.length / 3)) ? best.one : undefined;
}

/** Levenshtein's distance: letters to insert, remove or replace. */
function typingErrors(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
