import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, AIMessageChunk, type BaseMessage } from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import { estimateTokens } from '#platform/text';
import { materialOf } from '../prompt/messages.js';
import { type OfflineAnswer, answerOffline } from './answer.js';
import { forgotten } from './forgetting.js';

/**
 * The model of a deployment without a key: it answers by quoting the numbered passages that come with the question as data. Deterministic,
 * no network. It stands in a file of its own because loading LangChain takes some 300 ms: only `import()` it.
 */
export class OfflineChatModel extends BaseChatModel {
  constructor() {
    super({});
  }

  override _llmType(): string {
    return 'atoll-offline';
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const answer = read(messages);
    const message = new AIMessage({ content: answer.text, response_metadata: ending(answer), usage_metadata: usage(messages, answer) });
    return { generations: [{ text: answer.text, message }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[], _options: this['ParsedCallOptions'], run?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const answer = read(messages);
    for (const text of answer.text.match(/\s*\S+\s*$|\s*\S+/g) ?? []) {
      const chunk = new ChatGenerationChunk({ text, message: new AIMessageChunk({ content: text }) });
      yield chunk;
      await run?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk });
    }
    const last = new AIMessageChunk({ content: '', response_metadata: ending(answer), usage_metadata: usage(messages, answer) });
    yield new ChatGenerationChunk({ text: '', message: last });
  }
}

/** The question stands last, with what is known about it beside its text; a message without that is all question. */
function read(messages: BaseMessage[]): OfflineAnswer {
  const spoken = messages.filter((message) => message.type === 'human' || message.type === 'ai');
  const asked = spoken.at(-1);
  const material = asked && materialOf(asked);
  if (material?.forgets) return { text: forgotten(material.question), known: true };
  return answerOffline({
    ...(material ?? { question: asked?.text ?? '', facts: [], passages: [], remembers: false }),
    history: spoken.slice(0, -1).map((message) => ({ role: message.type === 'human' ? 'user' : 'assistant', content: message.text })),
  });
}

function ending({ known }: OfflineAnswer): Record<string, unknown> {
  return { finish_reason: 'stop', unknown: !known };
}

function usage(messages: BaseMessage[], { text }: OfflineAnswer): { input_tokens: number; output_tokens: number; total_tokens: number } {
  const input = messages.reduce((sum, message) => sum + estimateTokens(message.text), 0);
  const output = estimateTokens(text);
  return { input_tokens: input, output_tokens: output, total_tokens: input + output };
}
