import { AppError, retrying } from '#platform/core';
import { estimateTokens } from '#platform/text';
import { Embedder } from './embedder.js';
import type { EmbeddingConfig } from './embedding.config.js';
import { unit } from './offline.embedder.js';

const OPENAI = 'https://api.openai.com/v1';
/** OpenAI takes 2,048 texts and 300,000 tokens a request; smaller requests fail and wait in smaller pieces. */
const BATCH_TEXTS = 128;
const BATCH_TOKENS = 60_000;
const TRIES = 4;

const KNOWN_DIMENSIONS: Record<string, number> = { 'text-embedding-3-small': 1536, 'text-embedding-3-large': 3072,
  'text-embedding-ada-002': 1536 };

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
    private readonly pauseMs = pauseAfter,
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
    const { model, dimensions } = this.config;
    const input = texts.map((text) => text || ' ');
    const body = JSON.stringify({ model, input, encoding_format: 'float', ...(dimensions ? { dimensions } : {}) });
    const response = await retrying({ attempts: TRIES, pauseMs: this.pauseMs, when: mayPass },
      () => this.post(body)).catch((error: unknown) => {
      throw refused(model, error);
    });
    return this.read((await response.json()) as EmbeddingAnswer, texts.length);
  }

  private async post(body: string): Promise<Response> {
    const base = (this.config.openAiBaseUrl ?? OPENAI).replace(/\/+$/, '');
    const response = await this.fetch(`${base}/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json',
        ...(this.config.openAiKey ? { authorization: `Bearer ${this.config.openAiKey}` } : {}) },
      body,
    });
    if (!response.ok) throw new ModelRefusal(response);
    return response;
  }

  private read(answer: EmbeddingAnswer, expected: number): Float32Array[] {
    const rows = [...(answer.data ?? [])].sort((a, b) => a.index - b.index).map(({ embedding }) => unit(toVector(embedding)));
    const length = rows[0]?.length ?? 0;
    if (rows.length !== expected || length === 0 || rows.some((row) => row.length !== length) ||
      (this.known !== 0 && length !== this.known)) {
      throw new AppError('unavailable', 'kernel.embedding-answer',
        `The embedding model ${this.config.model} answered with other vectors than were asked for. Check ATOLL_EMBEDDING_MODEL and ` +
          `ATOLL_EMBEDDING_DIMENSIONS.`);
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

class ModelRefusal extends Error {
  constructor(readonly response: Response) {
    super(`status ${response.status}`);
  }
}

function mayPass(error: unknown): boolean {
  return !(error instanceof ModelRefusal) || error.response.status === 429 || error.response.status >= 500;
}

/** As long as the server asks for, half a minute at most. */
export function pauseAfter(attempt: number, error: unknown): number {
  const told = error instanceof ModelRefusal ? Number(error.response.headers.get('retry-after')) : 0;
  return told > 0 ? Math.min(told, 30) * 1000 : 250 * 2 ** attempt;
}

function refused(model: string, error: unknown): AppError {
  const why = error instanceof ModelRefusal ? `it answered with status ${error.response.status}` : 'it could not be reached';
  return new AppError('unavailable', 'kernel.embedding-unavailable',
    `The embedding model ${model} gave no vectors: ${why}. Check OPENAI_BASE_URL, OPENAI_API_KEY and ATOLL_EMBEDDING_MODEL; what waits ` +
      `for it is tried again.`, { cause: error instanceof ModelRefusal ? undefined : error });
}
