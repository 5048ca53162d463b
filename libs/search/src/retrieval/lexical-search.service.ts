import { Injectable } from '@nestjs/common';
import { idf, termCounts } from '#kernel';
import { EXPANSION, commonWords, expanded } from '../rank/expansion.js';
import { best, lexicalScores, rarities } from '../rank/lexical.js';
import type { Postings } from '../rank/postings.js';
import { type Asked, askedWords } from '../rank/question.js';
import { type IndexStatistics, PassageStore } from './passage.store.js';

export interface LexicalFindings {
  asked: Asked[];
  /** Of each asked word, in order. */
  rarities: number[];
  /** Passage number to score, before any filter. */
  scores: Map<number, number>;
  /** A word of the question stands in no document: it may be misspelt. */
  unknownWord: boolean;
}

/** Words of the best passages that are looked up, before the rarest and most common to them widen the question. */
const LOOKED_UP = 60;
/** With fewer passages there is nothing to learn from the best of them: they are most of what there is. */
const FEWEST_PASSAGES = 20;

/** BM25 over the tenant's postings, asked twice: with the question's own words, then widened by what the best passages have in common. */
@Injectable()
export class LexicalSearch {
  constructor(private readonly store: PassageStore) {}

  async search(question: string, statistics: IndexStatistics): Promise<LexicalFindings> {
    const asked = askedWords(question, statistics.languages);
    const postings = await this.store.postings(asked.flatMap(({ forms }) => forms));
    const scores = lexicalScores(asked, postings, statistics);
    const widened = statistics.passages >= FEWEST_PASSAGES && scores.size > 0 ? await this.widened(asked, postings, scores, statistics) : scores;
    return {
      asked,
      rarities: rarities(asked, postings, statistics),
      scores: widened,
      unknownWord: asked.some(({ forms }) => !forms.some((form) => postings.has(form))),
    };
  }

  private async widened(asked: Asked[], postings: Map<string, Postings>, scores: Map<number, number>, statistics: IndexStatistics): Promise<Map<number, number>> {
    const numbers = best(scores, EXPANSION.passages);
    const all = numbers.reduce((sum, number) => sum + scores.get(number)!, 0);
    const read = (await this.store.candidates(numbers)).map(({ number, terms }) => ({ counts: termCounts(terms), length: terms.length, weight: scores.get(number)! / all }));
    const shares = commonWords(read, LOOKED_UP);
    const missing = [...shares.keys()].filter((term) => !postings.has(term));
    const known = new Map([...postings, ...(await this.store.postings(missing))]);
    const question = expanded(asked, shares, (term) => idf(statistics.passages, known.get(term)?.numbers.length ?? 0));
    return lexicalScores(question, known, statistics);
  }
}
