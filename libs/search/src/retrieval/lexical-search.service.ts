import { Injectable } from '@nestjs/common';
import { idf, termCounts } from '#kernel';
import { EXPANSION, commonWords, expanded } from '../rank/expansion.js';
import { lexicalScores, rarities } from '../rank/lexical.js';
import type { Postings } from '../rank/postings.js';
import { type Asked, askedWords } from '../rank/question.js';
import type { Scores } from '../rank/scores.js';
import { maybeMisspelt, nearestSpellings } from '../rank/spelling.js';
import { type IndexStatistics, PassageStore } from './passage.store.js';

export interface LexicalFindings {
  asked: Asked[];
  /** Of each asked word, in order. */
  rarities: number[];
  /** Before any filter. */
  scores: Scores;
}

/** Words of the best passages that are looked up, before the rarest and most common to them widen the question. */
const LOOKED_UP = 40;
/** With fewer passages there is nothing to learn from the best of them: they are most of what there is. */
const FEWEST_PASSAGES = 20;
/** Words of one question that are looked up again under other spellings. */
const RESPELT = 5;

type Found = Map<string, Postings>;

/** BM25 over the tenant's postings, asked twice: with the question's own words, then widened by what the best passages have in common. */
@Injectable()
export class LexicalSearch {
  constructor(private readonly store: PassageStore) {}

  async search(question: string, statistics: IndexStatistics): Promise<LexicalFindings> {
    const typed = askedWords(question, statistics.languages);
    const found = await this.store.postings(typed.flatMap(({ forms }) => forms));
    const { asked, postings } = await this.respelt(typed, found, statistics);
    const scores = lexicalScores(asked, postings, statistics);
    return {
      asked,
      rarities: rarities(asked, postings, statistics),
      scores: statistics.passages >= FEWEST_PASSAGES ? await this.widened(asked, postings, scores, statistics) : scores,
    };
  }

  /** A word that stands nowhere is taken for the words of the documents that are spelt nearly so. */
  private async respelt(typed: Asked[], found: Found, { passages }: IndexStatistics): Promise<{ asked: Asked[]; postings: Found }> {
    const unknown = typed.filter(({ forms }) => !forms.some((form) => found.has(form)) && maybeMisspelt(forms[0]!)).slice(0, RESPELT);
    if (unknown.length === 0) return { asked: typed, postings: found };
    const spellings = new Map<Asked, string[]>();
    for (const word of unknown) spellings.set(word, nearestSpellings(word.forms[0]!, await this.store.vocabulary(word.forms[0]!, passages)));
    const asked = typed.map((word) => (spellings.has(word) ? { ...word, forms: [...word.forms, ...spellings.get(word)!] } : word));
    return { asked, postings: new Map([...found, ...(await this.store.postings([...spellings.values()].flat()))]) };
  }

  private async widened(asked: Asked[], postings: Found, scores: Scores, statistics: IndexStatistics): Promise<Scores> {
    const numbers = scores.best(EXPANSION.passages);
    if (numbers.length === 0) return scores;
    const all = numbers.reduce((sum, number) => sum + scores.get(number), 0);
    const read = (await this.store.candidates(numbers)).map(({ number, terms }) => ({ counts: termCounts(terms), length: terms.length, weight: scores.get(number) / all }));
    const shares = commonWords(read, LOOKED_UP);
    const known = new Map([...postings, ...(await this.store.postings([...shares.keys()].filter((term) => !postings.has(term))))]);
    const question = expanded(asked, shares, (term) => idf(statistics.passages, known.get(term)?.numbers.length ?? 0));
    return lexicalScores(question, known, statistics);
  }
}
