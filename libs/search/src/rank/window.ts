/** Longest stretch, in words that count, over which asked words are said to stand together. */
const WINDOW = 30;

interface Nearness {
  /** Share of the asked words' rarity that the passage holds anywhere. */
  coverage: number;
  /** The largest such share that stands within one stretch of the passage. */
  together: number;
}

/**
 * How much of what was asked a passage holds, and holds in one place. `terms` are the passage's in order; `asked` and `rarities` go
 * together.
 */
export function nearness(terms: readonly string[], asked: readonly { forms: string[] }[], rarities: readonly number[]): Nearness {
  const all = rarities.reduce((sum, rarity) => sum + rarity, 0);
  if (all === 0) return { coverage: 0, together: 0 };
  const wanted = new Map<string, number>();
  asked.forEach((word, index) => word.forms.forEach((form) => wanted.set(form, index)));
  const hits: { at: number; word: number }[] = [];
  terms.forEach((term, at) => {
    const word = wanted.get(term);
    if (word !== undefined) hits.push({ at, word });
  });
  let together = 0;
  const inside = new Map<number, number>();
  let held = 0;
  let from = 0;
  const seen = new Set<number>();
  for (const hit of hits) {
    seen.add(hit.word);
    const times = inside.get(hit.word) ?? 0;
    if (times === 0) held += rarities[hit.word]!;
    inside.set(hit.word, times + 1);
    while (hit.at - hits[from]!.at >= WINDOW) {
      const gone = hits[from++]!.word;
      const left = inside.get(gone)! - 1;
      inside.set(gone, left);
      if (left === 0) held -= rarities[gone]!;
    }
    together = Math.max(together, held);
  }
  let covered = 0;
  for (const word of seen) covered += rarities[word]!;
  return { coverage: covered / all, together: together / all };
}
