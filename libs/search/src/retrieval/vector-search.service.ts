import { Injectable } from '@nestjs/common';
import { Embedder } from '#platform/adapters';
import { logger, withDeadline } from '#platform/core';
import type { IndexStatistics } from '../index/passage.store.js';
import { EXACT_PASSAGES, VectorIndex } from '../index/vector-index.js';

const log = logger('search');

/** How long a question waits for its vector; without one it is answered by words alone. */
const PATIENCE_MS = 3_000;

/** A question's place among the tenant's vectors. */
interface VectorQuestion {
  nearest(limit: number): Promise<Map<number, number>>;
  cosines(numbers: number[]): Promise<Map<number, number>>;
}

const NONE: VectorQuestion = { nearest: () => Promise.resolve(new Map()), cosines: () => Promise.resolve(new Map()) };

@Injectable()
export class VectorSearch {
  constructor(
    private readonly index: VectorIndex,
    private readonly embedder: Embedder,
  ) {}

  get semantic(): boolean {
    return this.embedder.semantic;
  }

  /**
   * A model's vectors are always asked. The offline embedder knows spelling only, and stemmed words know that better: it is asked only
   * where the tenant has documents in a language without a stemmer.
   */
  async ask(text: string, { passages, languages }: IndexStatistics): Promise<VectorQuestion> {
    if (!this.embedder.semantic && (!languages.includes('und') || passages > EXACT_PASSAGES)) return NONE;
    const vector = await this.vectorOf(text);
    if (!vector) return NONE;
    return {
      nearest: (limit) => this.index.nearest(this.embedder.name, vector, limit),
      cosines: (numbers) => this.index.cosines(this.embedder.name, vector, numbers),
    };
  }

  private async vectorOf(text: string): Promise<Float32Array | undefined> {
    try {
      const asked = this.embedder.embed([text], 'query');
      const [vector] = await withDeadline(asked, PATIENCE_MS, () => new Error(`no vector within ${PATIENCE_MS} ms`));
      return vector;
    } catch (error) {
      log.warn({ error, embedder: this.embedder.name }, 'a question got no vector: it is answered by its words alone');
      return undefined;
    }
  }
}
