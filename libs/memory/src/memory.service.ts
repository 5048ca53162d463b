import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { current } from '#platform/core';
import { type Conversation, type Fact, Memory, type Message, type RecalledFact, type Transcript } from './contract.js';
import { ConversationService } from './conversation/conversation.service.js';
import { FactService } from './facts/fact.service.js';

@Injectable()
export class MemoryService extends Memory {
  constructor(
    private readonly db: Db,
    private readonly conversations: ConversationService,
    private readonly facts: FactService,
  ) {
    super();
  }

  open(conversation: Parameters<Memory['open']>[0]): Promise<Conversation> {
    return this.conversations.open(conversation);
  }

  transcript(ask: Parameters<Memory['transcript']>[0]): Promise<Transcript> {
    return this.conversations.transcript(ask);
  }

  append(entry: Parameters<Memory['append']>[0]): Promise<void> {
    return this.conversations.append(entry);
  }

  message({ messageId }: Parameters<Memory['message']>[0]): Promise<Message & { conversationId: string }> {
    return this.conversations.message(messageId);
  }

  recall(ask: Parameters<Memory['recall']>[0]): Promise<RecalledFact[]> {
    return this.facts.recall(ask);
  }

  remember(fact: Parameters<Memory['remember']>[0]): Promise<Fact> {
    return this.facts.remember(fact);
  }

  learn(turn: Parameters<Memory['learn']>[0]): Promise<{ learned: Fact[] }> {
    return this.facts.learn(turn);
  }

  async stats(): Promise<{ conversations: number; messages: number; facts: number }> {
    const [row] = await this.db.query<{ conversations: number; messages: number; facts: number }>(
      `select (select count(*)::int from memory.conversation where tenant_id = $1) as conversations,
              (select count(*)::int from memory.message where tenant_id = $1) as messages,
              (select count(*)::int from memory.fact where tenant_id = $1) as facts`,
      [current().tenantId],
    );
    return row!;
  }
}
