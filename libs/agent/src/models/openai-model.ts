import { ChatOpenAICompletions } from '@langchain/openai';
import type { AgentConfig } from '../agent.config.js';

export interface ModelSettings {
  model: string;
  /** Null: the model's own. */
  temperature: number | null;
  maxTokens: number;
  /** Further fields of the request, in OpenAI's words, as an OpenAI client asked for them. */
  fields?: Record<string, unknown>;
}

/** A model of any server that speaks OpenAI's chat completions. Loading this file takes some 300 ms: only `import()` it. */
export function openAiModel(
  { model, temperature, maxTokens, fields = {} }: ModelSettings,
  { openAiKey, openAiBaseUrl }: Pick<AgentConfig, 'openAiKey' | 'openAiBaseUrl'>,
  fetch: typeof globalThis.fetch,
): ChatOpenAICompletions {
  return new ChatOpenAICompletions({
    model,
    maxTokens,
    ...(temperature !== null && { temperature }),
    apiKey: openAiKey ?? 'none',
    streamUsage: true,
    modelKwargs: fields,
    // compatibleFetch sends again, as the provider asks for.
    maxRetries: 0,
    configuration: { baseURL: openAiBaseUrl, fetch, maxRetries: 0, logLevel: 'off' },
  });
}
