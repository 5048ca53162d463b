import { Injectable } from '@nestjs/common';
import { lexicalScores, rarities } from '../rank/lexical.js';
import { type Asked, askedWords } from '../rank/question.js';
import type { Scores } from '../rank/scores.js';
import { type IndexStatistics, PassageStore } from '../index/passage.store.js';
import { WordRepair } from './word-repair.service.js';

interface LexicalFindings {
  asked: Asked[];
  /** Of each asked word, in order. */
  rarities: number[];
  /** Of every passage that holds an asked word. */
  scores: Scores;
}

/** BM25 over the tenant's postings. */
@Injectable()
export class LexicalSearch {
  constructor(
    private readonly store: PassageStore,
    private readonly repair: WordRepair,
  ) {}

  async search(question: string, statistics: IndexStatistics): Promise<LexicalFindings> {
    const typed = askedWords(question, statistics.languages);
    const found = await this.store.postings(typed.flatMap(({ forms }) => forms));
    const asked = await this.repair.repaired(typed, found, statistics);
    const more = asked.flatMap(({ forms }) => forms).filter((form) => !found.has(form));
    const postings = asked === typed ? found : new Map([...found, ...(await this.store.postings(more))]);
    return { asked, rarities: rarities(asked, postings, statistics), scores: lexicalScores(asked, postings, statistics) };
  }
}
