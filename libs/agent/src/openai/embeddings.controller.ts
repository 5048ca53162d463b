import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Billing } from '#billing';
import { current, newId } from '#platform/core';
import { Allow, TakesBody } from '#platform/http';
import { Jobs } from '#platform/messaging';
import { Unaudited } from '#platform/privacy';
import { estimateTokens } from '#platform/text';
import { Search } from '#search';
import { AgentConfig } from '../agent.config.js';
import { reportUsage } from '../runs/after-turn.jobs.js';
import { readEmbeddingRequest } from './embedding-request.js';
import { OpenAiProblems } from './openai-error.js';

@ApiTags('openai')
@Controller('v1/embeddings')
export class EmbeddingsController {
  constructor(
    private readonly search: Search,
    private readonly billing: Billing,
    private readonly jobs: Jobs,
    private readonly config: AgentConfig,
  ) {}

  /** Vectors by the deployment's embedder, whatever `model` says: they match what the knowledge base was indexed with. Metered. */
  @Post()
  @HttpCode(200)
  @Allow('search.search.read')
  @TakesBody({ bytes: Infinity })
  @Unaudited('computes, and keeps nothing but what it cost')
  @OpenAiProblems()
  async create(@Body() body: object): Promise<object> {
    const { texts, base64 } = readEmbeddingRequest(body);
    const { model, vectors, tokens } = await this.metered(texts);
    return {
      object: 'list',
      model,
      data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: base64 ? toBase64(vector) : vector })),
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    };
  }

  /** The budget is asked first; a request that failed costs nothing. */
  private async metered(texts: string[]): ReturnType<Search['embed']> {
    const runId = newId();
    const inputTokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
    await this.billing.authorize({ runId, model: this.config.embeddingModel, inputTokens, maxOutputTokens: 0 });
    try {
      const embedded = await this.search.embed({ texts, kind: 'passage' });
      const used = { model: embedded.model, inputTokens: embedded.tokens, outputTokens: 0, cachedTokens: 0 };
      await this.jobs.add(reportUsage, { runId, userId: current().actor.id, ...used, at: new Date().toISOString() });
      return embedded;
    } catch (error) {
      await this.billing.release({ runId });
      throw error;
    }
  }
}

/** Little-endian 32-bit floats, as the official clients ask for when nobody says otherwise. */
function toBase64(vector: number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64');
}
