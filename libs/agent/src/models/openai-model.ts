import { ChatOpenAICompletions } from '@langchain/openai';
import type { AgentConfig } from '../agent.config.js';
import { mergingDeltas } from './merge-deltas.js';

export interface ModelSettings {
  model: string;
  /** Null: the model's own. */
  temperature: number | null;
  maxTokens: number;
}

/** A model of any server that speaks OpenAI's chat completions. Loading this file takes some 300 ms: only `import()` it. */
export function openAiModel(
  { model, temperature, maxTokens }: ModelSettings,
  { openAiKey, openAiBaseUrl, retries }: Pick<AgentConfig, 'openAiKey' | 'openAiBaseUrl' | 'retries'>,
  fetch: typeof globalThis.fetch,
): ChatOpenAICompletions {
  return new ChatOpenAICompletions({
    model,
    maxTokens,
    ...(temperature !== null && { temperature }),
    apiKey: openAiKey ?? 'none',
    streamUsage: true,
    maxRetries: retries,
    configuration: { baseURL: openAiBaseUrl, fetch: mergingDeltas(fetch), logLevel: 'off' },
  });
}
