import type { AIMessageChunk } from '@langchain/core/messages';
import type { FinishReason } from './wire/answer-reader.js';
import type { ToldUsage } from './wire/usage.js';

/** One piece of an answer. The counts and the reason come with the last ones, as far as the provider tells them. */
export interface AnswerPart {
  text: string;
  /** What the model thinks on its way; nobody is shown it. */
  thought: string;
  usage?: ToldUsage;
  finishReason?: FinishReason;
  /** The model itself says that it found no answer; only the offline model does. */
  unknown?: boolean;
}

export function toPart({ text, usage_metadata: usage, response_metadata: metadata, additional_kwargs: more }: AIMessageChunk): AnswerPart {
  const finishReason = metadata['finish_reason'] as FinishReason | undefined;
  const thought = more['reasoning_content'];
  return {
    text,
    thought: typeof thought === 'string' ? thought : '',
    ...(finishReason !== undefined && { finishReason }),
    ...(usage && { usage: toldUsage(usage) }),
    ...(metadata['unknown'] === true && { unknown: true }),
  };
}

/** LangChain's type promises numbers that a provider may have left out. */
function toldUsage(usage: Partial<NonNullable<AIMessageChunk['usage_metadata']>>): ToldUsage {
  const { input_tokens: inputTokens, output_tokens: outputTokens, input_token_details: details } = usage;
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(details?.cache_read !== undefined && { cachedTokens: details.cache_read }),
  };
}
