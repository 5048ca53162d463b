import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { Search } from '#search';
import { bad } from './openai-request.js';
import { OpenAiProblems } from './openai-error.js';

const MOST_TEXTS = 256;
const MOST_CHARS = 32_000;

@ApiTags('openai')
@Controller('v1/embeddings')
export class EmbeddingsController {
  constructor(private readonly search: Search) {}

  /** Vectors by the deployment's embedder, whatever `model` says: they match what the knowledge base was indexed with. */
  @Post()
  @HttpCode(200)
  @Allow('search.search.read')
  @Unaudited('computes, and keeps nothing')
  @OpenAiProblems()
  async create(@Body() body: object): Promise<object> {
    const { texts, base64 } = readEmbeddingRequest(body as Record<string, unknown>);
    const { model, vectors, tokens } = await this.search.embed({ texts, kind: 'passage' });
    return {
      object: 'list',
      model,
      data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: base64 ? toBase64(vector) : vector })),
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    };
  }
}

function readEmbeddingRequest({ input, dimensions, encoding_format: format }: Record<string, unknown>): { texts: string[];
  base64: boolean } {
  const texts = typeof input === 'string' ? [input] : input;
  const sound = Array.isArray(texts) && texts.length > 0 && texts.length <= MOST_TEXTS &&
    texts.every((text) => typeof text === 'string' && text !== '' && text.length <= MOST_CHARS);
  if (!sound) throw bad(`input must be a text, or 1 to ${MOST_TEXTS} texts, of 1 to ${MOST_CHARS} characters each. Lists of tokens are ` +
    `not read.`, 'input');
  if (dimensions !== undefined && dimensions !== null)
    throw bad('dimensions cannot be chosen: vectors have the size of the deployment\'s embedder.', 'dimensions');
  if (format !== undefined && format !== null && format !== 'float' && format !== 'base64')
    throw bad('encoding_format must be float or base64.', 'encoding_format');
  return { texts: texts as string[], base64: format === 'base64' };
}

/** Little-endian 32-bit floats, as the official clients ask for when nobody says otherwise. */
function toBase64(vector: number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64');
}
