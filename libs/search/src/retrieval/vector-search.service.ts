import { Injectable } from '@nestjs/common';
import { Embedder, logger } from '#kernel';
import { EXACT_PASSAGES, VectorIndex } from './vector-index.js';

const log = logger('search');

/** How long a question waits for its vector; without one it is answered by words alone. */
const PATIENCE_MS = 3_000;

/** A question's place among the tenant's vectors. */
export interface VectorQuestion {
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
   * The offline embedder knows spelling only, and BM25 knows that better: it is asked only where a word of the question stands in no
   * document, which is what a misspelt word looks like. A model's vectors are always asked.
   */
  async ask(text: string, { passages, unknownWord }: { passages: number; unknownWord: boolean }): Promise<VectorQuestion> {
    if (!this.embedder.semantic && (!unknownWord || passages > EXACT_PASSAGES)) return NONE;
    const vector = await this.vectorOf(text);
    if (!vector) return NONE;
    return {
      nearest: (limit) => this.index.nearest(this.embedder.name, vector, limit),
      cosines: (numbers) => this.index.cosines(this.embedder.name, vector, numbers),
    };
  }

  private async vectorOf(text: string): Promise<Float32Array | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no vector within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    });
    try {
      const [vector] = await Promise.race([this.embedder.embed([text], 'query'), late]);
      return vector;
    } catch (error) {
      log.warn({ error, embedder: this.embedder.name }, 'a question got no vector: it is answered by its words alone');
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
