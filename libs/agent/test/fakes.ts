import { Billing, type Charge, type Price } from '#billing';
import { AppError, current, newId, notFound } from '#platform/core';
import { type Conversation, type Fact, Memory, type Message, type RecalledFact, type Transcript } from '#memory';
import { type Passage, Search } from '#search';

interface Kept extends Conversation {
  owner: string;
  messages: Message[];
}

/** Memory in memory: conversations of one person each, as the contract says. */
export class FakeMemory extends Memory {
  readonly conversations = new Map<string, Kept>();
  readonly learned: { turnId: string; question: string; answer: string }[] = [];
  facts: string[] = [];
  broken = false;

  override async open({ id, agentId, title }: Parameters<Memory['open']>[0]): Promise<Conversation> {
    const now = new Date().toISOString();
    this.conversations.set(id, { id, agentId, title, createdAt: now, updatedAt: now, owner: this.owner(), messages: [] });
    return { id, agentId, title, createdAt: now, updatedAt: now };
  }

  override async transcript({ conversationId, limit }: { conversationId: string; limit: number }): Promise<Transcript> {
    const { agentId, messages } = this.own(conversationId);
    const said = messages.slice(-limit).filter(({ text }) => text !== '');
    return { agentId, messages: said.map(({ role, text }) => ({ role, content: text })) };
  }

  override async append({ conversationId, message }: Parameters<Memory['append']>[0]): Promise<void> {
    const { messages } = this.own(conversationId);
    if (!messages.some(({ id }) => id === message.id)) messages.push({ ...message, createdAt: new Date().toISOString() });
  }

  override async message({ messageId }: { messageId: string }): Promise<Message & { conversationId: string }> {
    for (const { id, owner, messages } of this.conversations.values()) {
      const found = messages.find((message) => message.id === messageId);
      if (found && owner === this.owner()) return { ...found, conversationId: id };
    }
    throw notFound('message');
  }

  override async recall(): Promise<RecalledFact[]> {
    if (this.broken) throw new AppError('unavailable', 'memory.away', 'away');
    return this.facts.map((text) => ({ id: newId(), text, source: 'told', createdAt: new Date().toISOString(), score: 1 }));
  }

  override async remember({ id, text }: { id: string; text: string }): Promise<Fact> {
    this.facts.push(text);
    return { id, text, source: 'told', createdAt: new Date().toISOString() };
  }

  override async learn({ turnId, question, answer }: Parameters<Memory['learn']>[0]): Promise<{ learned: Fact[] }> {
    if (!this.learned.some((turn) => turn.turnId === turnId)) this.learned.push({ turnId, question, answer });
    return { learned: [] };
  }

  override async stats(): Promise<{ conversations: number; messages: number; facts: number }> {
    return { conversations: this.conversations.size, messages: 0, facts: this.facts.length };
  }

  private owner(): string {
    const { tenantId, actor } = current();
    return `${tenantId}/${actor.id}`;
  }

  private own(id: string): Kept {
    const found = this.conversations.get(id);
    if (!found || found.owner !== this.owner()) throw notFound('conversation');
    return found;
  }
}

export const HARBOUR = 'The harbour bridge was opened in 1931 by Mayor Ellen Brandt. It is 480 metres long.';

export function passageOf(text: string, name = 'harbour.md'): Passage {
  return { chunkId: newId(), documentId: newId(), documentName: name, kind: 'file', heading: 'Bridges', page: null, start: 0,
    end: text.length, text, context: '', score: 1, coverage: 1 };
}

export class FakeSearch extends Search {
  passages: Passage[] = [passageOf(HARBOUR)];
  asked: string[] = [];
  broken = false;
  slowMs = 0;

  override async find({ text, limit }: { text: string; limit: number }): Promise<Passage[]> {
    this.asked.push(text);
    if (this.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, this.slowMs));
    if (this.broken) throw new AppError('unavailable', 'search.away', 'away');
    return this.passages.slice(0, limit);
  }

  override async embed({ texts }: { texts: string[] }): Promise<{ model: string; dimensions: number; vectors: number[][];
    tokens: number }> {
    return { model: 'fake-embedder', dimensions: 3, vectors: texts.map((text) => [text.length, 0.5, -1]), tokens: texts.length };
  }

  override add(): never {
    throw new Error('not asked of the agent');
  }
  override status(): never {
    throw new Error('not asked of the agent');
  }
  override remove(): never {
    throw new Error('not asked of the agent');
  }
  override statistics(): never {
    throw new Error('not asked of the agent');
  }
}

export class FakeBilling extends Billing {
  readonly held = new Set<string>();
  readonly settled = new Map<string, { model: string; inputTokens: number; outputTokens: number; cachedTokens?: number; userId: string;
    times: number }>();
  readonly released: string[] = [];
  refusal: AppError | null = null;
  /** Tokens that a run may ask for. */
  room = Infinity;
  /** What runs asked for, oldest first. */
  readonly asked: Parameters<Billing['authorize']>[0][] = [];

  override async authorize(run: Parameters<Billing['authorize']>[0]): Promise<void> {
    this.asked.push(run);
    if (this.refusal) throw this.refusal;
    if (run.inputTokens + run.maxOutputTokens > this.room) throw new AppError('payment-required', 'billing.budget-exhausted', 'No room.');
    this.held.add(run.runId);
  }

  override async settle({ runId, ...used }: Parameters<Billing['settle']>[0]): Promise<Charge> {
    this.held.delete(runId);
    const before = this.settled.get(runId);
    this.settled.set(runId, { ...used, times: (before?.times ?? 0) + 1 });
    return { runId, model: used.model, currency: 'USD', costMicros: 0, inputTokens: used.inputTokens, outputTokens: used.outputTokens };
  }

  override async release({ runId }: { runId: string }): Promise<void> {
    this.held.delete(runId);
    this.released.push(runId);
  }

  override async price({ model }: { model: string }): Promise<Price> {
    return { model, currency: 'USD', inputPerMillion: 0, cachedPerMillion: 0, outputPerMillion: 0 };
  }

  override totals(): never {
    throw new Error('not asked of the agent');
  }
}
