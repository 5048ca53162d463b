import type { BaseMessage } from '@langchain/core/messages';
import type { Prompt, PromptMaterial } from './prompt.js';

/** The prompt as LangChain's messages. The question also carries what it is made of, which no provider is sent. */
export async function toMessages({ messages, material }: Pick<Prompt, 'messages' | 'material'>): Promise<BaseMessage[]> {
  const { AIMessage, HumanMessage, SystemMessage } = await import('@langchain/core/messages');
  return messages.map(({ role, content }, at) => {
    if (role === 'system') return new SystemMessage(content);
    if (role === 'assistant') return new AIMessage(content);
    return new HumanMessage(at === messages.length - 1 ? { content, additional_kwargs: { material } } : content);
  });
}

/** What the message is made of, where `toMessages` made it of something. */
export function materialOf({ additional_kwargs }: BaseMessage): PromptMaterial | undefined {
  return additional_kwargs['material'] as PromptMaterial | undefined;
}
