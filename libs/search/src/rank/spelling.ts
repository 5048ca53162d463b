/** Shorter words have too many neighbours. */
const SHORTEST = 4;
/** Nobody misspells a longer one: its neighbours are thousands, each as long as it is. */
const LONGEST = 40;
/** From this length on two slips are forgiven. */
const LONG = 8;
const MOST = 3;

/** Whether a word that stands in no document may be a misspelt one: letters only, neither too short nor too long. */
export function maybeMisspelt(word: string): boolean {
  return word.length >= SHORTEST && word.length <= LONGEST && /^\p{L}+$/u.test(word) &&
    !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u.test(word);
}

const LETTERS: [RegExp, string][] = [
  [/\p{Script=Latin}/u, 'abcdefghijklmnopqrstuvwxyz'],
  [/\p{Script=Cyrillic}/u, 'абвгдежзийклмнопрстуфхцчшщъыьэюя'],
  [/\p{Script=Arabic}/u, 'ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهويى'],
];

/**
 * Every word one slip away from `word`: a letter left out, put in, changed, or swapped with the next. Made of whole words, before they are
 * stemmed: a slip in an ending hides it from the stemmer.
 */
export function oneSlip(word: string): Set<string> {
  const letters = [...(LETTERS.find(([script]) => script.test(word))?.[1] ?? '')];
  const signs = [...word];
  const made = new Set<string>();
  const add = (at: number, gone: number, put: string): void => {
    made.add([...signs.slice(0, at), put, ...signs.slice(at + gone)].join(''));
  };
  for (let at = 0; at <= signs.length; at++) {
    for (const letter of letters) add(at, 0, letter);
    if (at === signs.length) break;
    add(at, 1, '');
    for (const letter of letters) add(at, 1, letter);
    if (at + 1 < signs.length) add(at, 2, signs[at + 1]! + signs[at]!);
  }
  made.delete(word);
  return made;
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
