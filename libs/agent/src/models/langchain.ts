import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import type { PromptMessage } from '../chat/prompt.js';
import type { ModelPart } from './chat-model.js';

/** What a LangChain chat model streams, as our parts. */
export async function* streamParts(model: BaseChatModel, messages: PromptMessage[], options: Record<string, unknown> & { signal: AbortSignal }): AsyncGenerator<ModelPart> {
  const stream = await model.stream(await toLangChain(messages), options as never);
  for await (const chunk of stream) {
    const part = toPart(chunk as AIMessageChunk);
    if (part) yield part;
  }
}

function toPart({ content, usage_metadata: usage, response_metadata: metadata }: AIMessageChunk): ModelPart | null {
  const text = typeof content === 'string' ? content : content.map((block) => ('text' in block && typeof block.text === 'string' ? block.text : '')).join('');
  const finishReason = metadata?.['finish_reason'] as string | undefined;
  if (text !== '' && !usage && finishReason === undefined) return { text };
  if (text === '' && !usage && finishReason === undefined) return null;
  return {
    text,
    ...(finishReason !== undefined && { finishReason }),
    ...(usage && { usage: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens, cachedTokens: usage.input_token_details?.cache_read ?? 0 } }),
    ...(metadata?.['unknown'] === true && { unknown: true }),
  };
}

async function toLangChain(messages: PromptMessage[]): Promise<BaseMessage[]> {
  const { AIMessage, HumanMessage, SystemMessage } = await import('@langchain/core/messages');
  return messages.map(({ role, content }) => (role === 'system' ? new SystemMessage(content) : role === 'user' ? new HumanMessage(content) : new AIMessage(content)));
}
