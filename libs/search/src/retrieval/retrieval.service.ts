import { Injectable } from '@nestjs/common';
import { span } from '#platform/core';
import { terms } from '#platform/text';
import type { FindPassages, Passage } from '../contract.js';
import { type Fused, type FusionWeights, fuse, dedupe } from '../rank/fuse.js';
import { smoothed } from '../rank/smoothing.js';
import { LexicalSearch } from './lexical-search.service.js';
import { type Candidate, PassageStore } from '../index/passage.store.js';
import { VectorSearch } from './vector-search.service.js';

/** Candidates by words, and as many by vectors, that are looked at closely. */
const CANDIDATES = 150;

/** A question longer than this is a document; its beginning is asked. */
const MAX_QUESTION = 4_000;

const OFFLINE: FusionWeights = { vector: 0.3, together: 0.1, question: 0.6 };
const SEMANTIC: FusionWeights = { vector: 1, together: 0.1, question: 0.6 };

/**
 * Finds passages: by words, by vectors, then both in one score. Four small reads under the tenant's wall (statistics, postings of the asked
 * words, candidates, passages), two more with vectors; all scoring happens here and not in SQL, so that every engine ranks alike.
 */
@Injectable()
export class Retrieval {
  constructor(
    private readonly store: PassageStore,
    private readonly words: LexicalSearch,
    private readonly vectors: VectorSearch,
  ) {}

  find(ask: FindPassages): Promise<Passage[]> {
    const text = ask.text.slice(0, MAX_QUESTION);
    return span('search.find', { 'search.limit': ask.limit }, () => this.search({ ...ask, text }));
  }

  private async search(ask: FindPassages): Promise<Passage[]> {
    const statistics = await this.store.statistics();
    if (statistics.passages === 0) return [];
    const found = await this.words.search(ask.text, statistics);
    const vector = await this.vectors.ask(ask.text, statistics);
    const allowed = await this.store.allowed(ask, statistics);
    const byWords = found.scores.best(CANDIDATES, allowed);
    const near = await vector.nearest(allowed ? CANDIDATES * 10 : CANDIDATES);
    const byVector = [...near.keys()].filter((number) => !allowed || allowed.has(number)).slice(0, CANDIDATES);
    const cosines = new Map([...near, ...(await vector.cosines(byWords.filter((number) => !near.has(number))))]);

    const candidates = new Map((await this.store.candidates([...new Set([...byWords, ...byVector])])).map((one) => [one.number, one]));
    const lexical = smoothed(byWords.flatMap((number) => candidates.get(number) ?? []), found.scores);
    const ranked = fuse({ candidates: [...candidates.values()].map(fusible), lexical, cosines, asked: found.asked,
      rarities: found.rarities }, this.vectors.semantic ? SEMANTIC : OFFLINE);
    return this.told(dedupe(ranked, (number) => candidates.get(number)!.terms, ask.limit));
  }

  private async told(chosen: Fused[]): Promise<Passage[]> {
    const rows = await this.store.passages(chosen.map(({ number }) => number));
    return chosen.flatMap(({ number, score, coverage }) => {
      const row = rows.get(number);
      if (!row) return [];
      const { number: _number, id, name, ...place } = row;
      return [{ chunkId: id, documentName: name, ...place, score: rounded(score), coverage: rounded(coverage) }];
    });
  }
}

function fusible({ number, kind, name, language, terms: sequence }: Candidate): { number: number; terms: string[]; question?: string[] } {
  return kind === 'faq' ? { number, terms: sequence, question: terms(name, language) } : { number, terms: sequence };
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
