import { IsInt, IsNumber, IsOptional, IsString, IsUrl, Max, Min } from 'class-validator';
import { Env } from '#platform/core';

/** Which model answers, and how much an answer may take. */
export class AgentConfig {
  @Env('OPENAI_API_KEY', { description: 'Key of OpenAI or of a compatible server. With it, or with OPENAI_BASE_URL, a language model ' +
    'answers; with neither, the built-in offline model does.', secret: true })
  @IsOptional() @IsString()
  openAiKey?: string;

  @Env('OPENAI_BASE_URL', { description: 'Address of an OpenAI-compatible server, with its /v1.',
    defaultText: 'https://api.openai.com/v1' })
  @IsOptional() @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  openAiBaseUrl?: string;

  @Env('ATOLL_EMBEDDING_MODEL', { description: 'offline (built in, no network), or the name of an embedding model that OPENAI_BASE_URL ' +
    'serves (text-embedding-3-small). Vectors of another model are not compared: documents are indexed again after a change.' })
  @IsString()
  embeddingModel: string = 'offline';

  @Env('ATOLL_CHAT_MODEL', { description: 'Model of every agent that names none itself.' })
  @IsString()
  chatModel: string = 'gpt-4.1-mini';

  @Env('ATOLL_CHAT_PROMPT_TOKENS',
    { description: 'Tokens a prompt may take: instructions, history, facts, passages and question together.' })
  @IsInt() @Min(1_000) @Max(1_000_000)
  promptTokens: number = 8_000;

  @Env('ATOLL_CHAT_ANSWER_TOKENS',
    { description: 'Tokens an answer may take; also what the budget is asked for before a model is called.' })
  @IsInt() @Min(16) @Max(200_000)
  answerTokens: number = 2_000;

  @Env('ATOLL_CHAT_PASSAGES', { description: 'Passages of the documents that are looked up for a question.' })
  @IsInt() @Min(1) @Max(50)
  passages: number = 8;

  @Env('ATOLL_MODEL_SILENCE_SECONDS',
    { description: 'Longest wait for the next sign of life of a model (text, thoughts, a comment of its stream) before it is given up.' })
  @IsNumber() @Min(0.1) @Max(600)
  silenceSeconds: number = 60;

  @Env('ATOLL_MODEL_THINKING_SECONDS',
    { description: 'Longest wait for the next piece of text of a model that shows signs of life meanwhile, as one that thinks does.' })
  @IsNumber() @Min(0.1) @Max(3_600)
  thinkingSeconds: number = 600;

  @Env('ATOLL_MODEL_RETRIES',
    { description: 'Times a model that refuses or cannot be reached is asked again, while it has said nothing yet.' })
  @IsInt() @Min(0) @Max(10)
  retries: number = 2;

  @Env('ATOLL_RUN_LEASE_SECONDS', { description: 'How long after its process died an answer is marked interrupted by another one. The ' +
    'process itself does so at its next start on the embedded database.' })
  @IsNumber() @Min(0.5) @Max(600)
  leaseSeconds: number = 15;

  @Env('ATOLL_RUN_LOG_DAYS',
    { description: 'Days for which the log of a finished answer can be replayed. The answer itself stays in its conversation.' })
  @IsInt() @Min(1) @Max(3_650)
  logDays: number = 7;

  /** A compatible server may need no key at all. */
  get hasModel(): boolean {
    return this.openAiKey !== undefined || this.openAiBaseUrl !== undefined;
  }
}
