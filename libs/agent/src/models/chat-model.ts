import type { PromptMessage } from '../chat/prompt.js';

/** One piece of an answer. The counts and the reason come with the last ones, as far as the provider tells them. */
export interface ModelPart {
  text: string;
  usage?: { inputTokens: number; outputTokens: number; cachedTokens: number };
  finishReason?: string;
  /** The model itself says that it found no answer; only the offline model does. */
  unknown?: boolean;
}

export interface ModelCall {
  messages: PromptMessage[];
  temperature: number | null;
  maxTokens: number;
  /** Aborts the call upstream as well. */
  signal: AbortSignal;
}

/** A model that answers: behind it stands a LangChain chat model, whatever its provider. */
export interface ChatModel {
  /** As billed and shown: `gpt-4.1-mini`, `atoll-offline`. */
  readonly name: string;
  readonly offline: boolean;
  /** `openai` and the like, as the GenAI conventions of OpenTelemetry name it. */
  readonly provider: string;
  stream(call: ModelCall): AsyncIterable<ModelPart>;
}
