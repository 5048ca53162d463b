import { Injectable } from '@nestjs/common';
import { lexicalScores, rarities } from '../rank/lexical.js';
import type { Postings } from '../rank/postings.js';
import { type Asked, askedWords } from '../rank/question.js';
import type { Scores } from '../rank/scores.js';
import { maybeMisspelt, nearestSpellings } from '../rank/spelling.js';
import { type IndexStatistics, PassageStore } from '../index/passage.store.js';

interface LexicalFindings {
  asked: Asked[];
  /** Of each asked word, in order. */
  rarities: number[];
  /** Of every passage that holds an asked word. */
  scores: Scores;
}

/** Words of one question that are looked up again under other spellings. */
const RESPELT = 5;

/** BM25 over the tenant's postings. */
@Injectable()
export class LexicalSearch {
  constructor(private readonly store: PassageStore) {}

  async search(question: string, statistics: IndexStatistics): Promise<LexicalFindings> {
    const typed = askedWords(question, statistics.languages);
    const found = await this.store.postings(typed.flatMap(({ forms }) => forms));
    const { asked, postings } = await this.respelt(typed, found, statistics);
    return { asked, rarities: rarities(asked, postings, statistics), scores: lexicalScores(asked, postings, statistics) };
  }

  /** A word that stands nowhere is taken for the words of the documents that are spelt nearly so. */
  private async respelt(typed: Asked[], found: Map<string, Postings>,
    { passages }: IndexStatistics): Promise<{ asked: Asked[]; postings: Map<string, Postings> }> {
    const unknown = typed.filter(({ forms }) => !forms.some((form) => found.has(form)) && maybeMisspelt(forms[0]!)).slice(0, RESPELT);
    if (unknown.length === 0) return { asked: typed, postings: found };
    const spellings = new Map<Asked, string[]>();
    for (const word of unknown)
      spellings.set(word, nearestSpellings(word.forms[0]!, await this.store.vocabulary(word.forms[0]!, passages)));
    const asked = typed.map((word) => (spellings.has(word) ? { ...word, forms: [...word.forms, ...spellings.get(word)!] } : word));
    return { asked, postings: new Map([...found, ...(await this.store.postings([...spellings.values()].flat()))]) };
  }
}
