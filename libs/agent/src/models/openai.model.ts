import { ChatOpenAI } from '@langchain/openai';
import type { AgentConfig } from '../agent.config.js';
import type { ChatModel, ModelCall, ModelPart } from './chat-model.js';
import { streamParts } from './langchain.js';

/** Any server that speaks OpenAI's chat completions. Loading it takes some 300 ms: only `import()` it. */
export class OpenAiModel implements ChatModel {
  readonly offline = false;
  readonly provider = 'openai';

  constructor(
    readonly name: string,
    private readonly config: Pick<AgentConfig, 'openAiKey' | 'openAiBaseUrl' | 'retries'>,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  stream({ messages, temperature, maxTokens, signal }: ModelCall): AsyncIterable<ModelPart> {
    const model = new ChatOpenAI({
      model: this.name,
      apiKey: this.config.openAiKey ?? 'none',
      streamUsage: true,
      useResponsesApi: false,
      maxTokens,
      ...(temperature !== null && { temperature }),
      // LangChain asks again only until the response has begun; a stream that breaks later is never repeated.
      maxRetries: this.config.retries,
      configuration: { baseURL: this.config.openAiBaseUrl, fetch: this.fetch, logLevel: 'off' },
    });
    return streamParts(model, messages, { signal });
  }
}
