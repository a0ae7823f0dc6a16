// "Did you mean": which of the known names is the fewest keystrokes away from the one that was written.

/** The known name with the smallest edit distance to `name`, with or without a PAWL_ in front. */
export function nearestName(name: string, known: readonly string[]): string {
  const bare = name.replace(/^PAWL_/, '');
  const ranked = known.map((candidate) => ({
    candidate,
    distance: Math.min(editDistance(name, candidate), editDistance(bare, candidate)),
  }));
  return ranked.reduce((best, next) => (next.distance < best.distance ? next : best)).candidate;
}

/** Levenshtein distance: insertions, deletions and replacements of one character, one row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (row[column - 1] as number) + (from[line - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] as number) + 1, (next[column - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
