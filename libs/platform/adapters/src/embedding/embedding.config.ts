import { IsInt, IsOptional, IsString, IsUrl, Max, Min } from 'class-validator';
import { Env } from '#platform/core';

/** Which embedder turns texts into vectors. */
export class EmbeddingConfig {
  @Env('ATOLL_EMBEDDING_MODEL', { description: 'offline (built in, no network), or the name of an embedding model that OPENAI_BASE_URL ' +
    'serves (text-embedding-3-small). Vectors of another model are not compared: documents are indexed again after a change.' })
  @IsString()
  model: string = 'offline';

  @Env('ATOLL_EMBEDDING_DIMENSIONS',
    { description: 'Length of the vectors asked of an embedding model that lets it be chosen.', defaultText: "the model's own" })
  @IsOptional() @IsInt() @Min(8) @Max(16_000)
  dimensions?: number;

  @Env('OPENAI_API_KEY', { description: 'Key of OpenAI or of a compatible server. With it, or with OPENAI_BASE_URL, a language model ' +
    'answers; with neither, the built-in offline model does.', secret: true })
  @IsOptional() @IsString()
  openAiKey?: string;

  @Env('OPENAI_BASE_URL', { description: 'Address of an OpenAI-compatible server, with its /v1.',
    defaultText: 'https://api.openai.com/v1' })
  @IsOptional() @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  openAiBaseUrl?: string;
}
