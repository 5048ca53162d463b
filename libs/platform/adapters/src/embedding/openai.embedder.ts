import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#platform/core';
import { estimateTokens } from '#platform/text';
import { Embedder } from './embedder.js';
import type { EmbeddingConfig } from './embedding.config.js';
import { unit } from './offline.embedder.js';

const OPENAI = 'https://api.openai.com/v1';
/** OpenAI takes 2,048 texts and 300,000 tokens a request; smaller requests fail and wait in smaller pieces. */
const BATCH_TEXTS = 128;
const BATCH_TOKENS = 60_000;
const TRIES = 4;

const KNOWN_DIMENSIONS: Record<string, number> = { 'text-embedding-3-small': 1536, 'text-embedding-3-large': 3072, 'text-embedding-ada-002': 1536 };

interface EmbeddingAnswer {
  data: { index: number; embedding: number[] | string }[];
}

/** Vectors of any server that speaks OpenAI's `POST /embeddings`. */
export class OpenAiEmbedder extends Embedder {
  readonly name: string;
  readonly semantic = true;
  private known: number;

  constructor(
    private readonly config: EmbeddingConfig,
    private readonly fetch: typeof globalThis.fetch,
    private readonly wait: (ms: number) => Promise<unknown> = (ms) => sleep(ms),
  ) {
    super();
    this.name = config.dimensions ? `${config.model}@${config.dimensions}` : config.model;
    this.known = config.dimensions ?? KNOWN_DIMENSIONS[config.model] ?? 0;
  }

  /** 0 until the first answer, where the model is not one of OpenAI's and no length was set. */
  get dimensions(): number {
    return this.known;
  }

  async embed(texts: string[]): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (const batch of batches(texts)) vectors.push(...(await this.ask(batch)));
    return vectors;
  }

  private async ask(texts: string[]): Promise<Float32Array[]> {
    const body = JSON.stringify({ model: this.config.model, input: texts.map((text) => text || ' '), encoding_format: 'float', ...(this.config.dimensions ? { dimensions: this.config.dimensions } : {}) });
    for (let attempt = 1; ; attempt++) {
      const response = await this.post(body).catch((error: unknown) => error as Error);
      if (response instanceof Response && response.ok) return this.read((await response.json()) as EmbeddingAnswer, texts.length);
      const again = response instanceof Error || response.status === 429 || response.status >= 500;
      if (!again || attempt >= TRIES) throw refused(this.config.model, response);
      await this.wait(pause(response, attempt));
    }
  }

  private post(body: string): Promise<Response> {
    const base = (this.config.openAiBaseUrl ?? OPENAI).replace(/\/+$/, '');
    return this.fetch(`${base}/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(this.config.openAiKey ? { authorization: `Bearer ${this.config.openAiKey}` } : {}) },
      body,
    });
  }

  private read(answer: EmbeddingAnswer, expected: number): Float32Array[] {
    const rows = [...(answer.data ?? [])].sort((a, b) => a.index - b.index).map(({ embedding }) => unit(toVector(embedding)));
    const length = rows[0]?.length ?? 0;
    if (rows.length !== expected || length === 0 || rows.some((row) => row.length !== length) || (this.known !== 0 && length !== this.known)) {
      throw new AppError('unavailable', 'kernel.embedding-answer', `The embedding model ${this.config.model} answered with other vectors than were asked for. Check ATOLL_EMBEDDING_MODEL and ATOLL_EMBEDDING_DIMENSIONS.`);
    }
    this.known = length;
    return rows;
  }
}

/** Some compatible servers send base64 of little-endian floats whatever was asked. */
function toVector(embedding: number[] | string): Float32Array {
  if (typeof embedding !== 'string') return Float32Array.from(embedding);
  const bytes = Buffer.from(embedding, 'base64');
  return Float32Array.from({ length: bytes.length >> 2 }, (_, at) => bytes.readFloatLE(at * 4));
}

function* batches(texts: string[]): Generator<string[]> {
  let batch: string[] = [];
  let tokens = 0;
  for (const text of texts) {
    const size = estimateTokens(text);
    if (batch.length > 0 && (batch.length >= BATCH_TEXTS || tokens + size > BATCH_TOKENS)) {
      yield batch;
      batch = [];
      tokens = 0;
    }
    batch.push(text);
    tokens += size;
  }
  if (batch.length > 0) yield batch;
}

function pause(response: Response | Error, attempt: number): number {
  const told = response instanceof Error ? Number.NaN : Number(response.headers.get('retry-after'));
  return Number.isFinite(told) && told > 0 ? Math.min(told, 30) * 1000 : 250 * 2 ** attempt;
}

function refused(model: string, response: Response | Error): AppError {
  const why = response instanceof Error ? 'it could not be reached' : `it answered with status ${response.status}`;
  return new AppError('unavailable', 'kernel.embedding-unavailable', `The embedding model ${model} gave no vectors: ${why}. Check OPENAI_BASE_URL, OPENAI_API_KEY and ATOLL_EMBEDDING_MODEL; what waits for it is tried again.`, { cause: response instanceof Error ? response : undefined });
}
