/** Shorter words have too many neighbours. */
const SHORTEST = 4;
/** From this length on two slips are forgiven. */
const LONG = 8;
const MOST = 3;

/** Whether a word that stands in no document may be a misspelt one: letters only, long enough. */
export function maybeMisspelt(word: string): boolean {
  return word.length >= SHORTEST && /^\p{L}+$/u.test(word) &&
    !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u.test(word);
}

/** The known words that are fewest slips away from `word`, if any is near enough; at most three. */
export function nearestSpellings(word: string, known: Iterable<string>): string[] {
  const allowed = word.length >= LONG ? 2 : 1;
  let nearest: string[] = [];
  let least = allowed;
  for (const candidate of known) {
    const distance = slips(word, candidate, least);
    if (distance > least) continue;
    if (distance < least) nearest = [];
    least = distance;
    nearest.push(candidate);
  }
  return nearest.sort().slice(0, MOST);
}

/** Letters put in, left out, changed or swapped with the next (Damerau-Levenshtein, adjacent swaps); `most + 1` as soon as it is more. */
export function slips(one: string, other: string, most: number): number {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  let older: number[] = [];
  let old = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const now = [row];
    for (let column = 1; column <= other.length; column++) {
      const changed = old[column - 1]! + (one[row - 1] === other[column - 1] ? 0 : 1);
      let value = Math.min(old[column]! + 1, now[column - 1]! + 1, changed);
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1])
        value = Math.min(value, older[column - 2]! + 1);
      now.push(value);
    }
    if (Math.min(...now) > most) return most + 1;
    older = old;
    old = now;
  }
  return old[other.length]!;
}
