import type { AIMessageChunk } from '@langchain/core/messages';

/** One piece of an answer. The counts and the reason come with the last ones, as far as the provider tells them. */
export interface AnswerPart {
  text: string;
  usage?: { inputTokens: number; outputTokens: number; cachedTokens: number };
  finishReason?: string;
  /** The model itself says that it found no answer; only the offline model does. */
  unknown?: boolean;
}

export function toPart({ text, usage_metadata: usage, response_metadata: metadata }: AIMessageChunk): AnswerPart {
  const finishReason = metadata['finish_reason'] as string | undefined;
  if (!usage && finishReason === undefined) return { text };
  return {
    text,
    ...(finishReason !== undefined && { finishReason }),
    ...(usage && {
      usage: {
        inputTokens: usage.input_tokens,
        outputTokens: usage.output_tokens,
        cachedTokens: usage.input_token_details?.cache_read ?? 0,
      },
    }),
    ...(metadata['unknown'] === true && { unknown: true }),
  };
}
