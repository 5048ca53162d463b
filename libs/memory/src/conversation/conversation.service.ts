import { Injectable } from '@nestjs/common';
import { AppError, current, notFound } from '#platform/core';
import { Db, type Page, paged, type PageQuery } from '#platform/database';
import type { Conversation, Memory, Message, MessageRole, Transcript } from '../contract.js';
import { ConversationRow } from './conversation.entity.js';
import { MessageRow } from './message.entity.js';

const TITLE_CHARS = 80;

@Injectable()
export class ConversationService {
  constructor(private readonly db: Db) {}

  async open({ id, agentId, title }: Parameters<Memory['open']>[0]): Promise<Conversation> {
    const { tenantId, actor } = current();
    await this.db.query(
      `insert into memory.conversation (tenant_id, id, owner_id, agent_id, title) values ($1, $2, $3, $4, $5)
       on conflict (tenant_id, id) do nothing`,
      [tenantId, id, actor.id, agentId, title],
    );
    return toConversation(await this.own(id));
  }

  async find(id: string): Promise<Conversation> {
    return toConversation(await this.own(id));
  }

  list(page: PageQuery): Promise<Page<Conversation>> {
    const own = this.db.repo(ConversationRow).createQueryBuilder('c').where('c.ownerId = :owner', { owner: current().actor.id });
    return paged(own, page, toConversation, { updatedAt: 'DESC', id: 'DESC' });
  }

  async rename(id: string, title: string): Promise<Conversation> {
    const row = await this.own(id);
    await this.db.repo(ConversationRow).update({ tenantId: row.tenantId, id }, { title });
    return toConversation({ ...row, title });
  }

  async remove(id: string): Promise<void> {
    const { tenantId, actor } = current();
    const { affected } = await this.db.repo(ConversationRow).delete({ tenantId, id, ownerId: actor.id });
    if (!affected) throw notFound('conversation');
  }

  /** The counter's row lock gives every message its place: two at once stand one after the other, none is lost. */
  async append({ conversationId, message }: Parameters<Memory['append']>[0]): Promise<void> {
    const { tenantId, actor } = current();
    const { id, role, text, status, citations, runId } = message;
    const appended = await this.db.query(
      `with conversation as (
         update memory.conversation set message_count = message_count + 1, updated_at = now(), title = coalesce(title, $4)
          where tenant_id = $1 and id = $2 and owner_id = $3
            and not exists (select 1 from memory.message where tenant_id = $1 and id = $5)
         returning message_count)
       insert into memory.message (tenant_id, id, conversation_id, place, role, text, status, citations, run_id)
       select $1, $5, $2, message_count, $6, $7, $8, $9, $10 from conversation
       returning place`,
      [
        tenantId, conversationId, actor.id, role === 'user' ? titleFrom(text) : null, id,
        role, text, status, JSON.stringify(citations), runId,
      ],
    );
    if (appended.length === 0) await this.assertAppended(conversationId, id);
  }

  /** One statement, since every question waits for it: a conversation without messages is one row without a role. */
  async transcript({ conversationId, limit }: Parameters<Memory['transcript']>[0]): Promise<Transcript> {
    const { tenantId, actor } = current();
    const rows = await this.db.query<{ agent_id: string | null; role: MessageRole | null; content: string }>(
      `select c.agent_id, m.role, m.text as content
         from memory.conversation c
         left join lateral (select role, text, place from memory.message
                             where tenant_id = $1 and conversation_id = c.id order by place desc limit $4) m on true
        where c.tenant_id = $1 and c.id = $2 and c.owner_id = $3
        order by m.place`,
      [tenantId, conversationId, actor.id, limit],
    );
    if (rows.length === 0) throw notFound('conversation');
    const messages = rows.flatMap(({ role, content }) => (role === null || content === '' ? [] : [{ role, content }]));
    return { agentId: rows[0]!.agent_id, messages };
  }

  async messages(conversationId: string, page: PageQuery): Promise<Page<Message>> {
    await this.own(conversationId);
    const all = this.db.repo(MessageRow).createQueryBuilder('m').where('m.conversationId = :conversationId', { conversationId });
    return paged(all, page, toMessage, { place: 'ASC' });
  }

  async message(id: string): Promise<Message & { conversationId: string }> {
    const row = await this.db.repo(MessageRow).findOneBy({ tenantId: current().tenantId, id });
    if (!row) throw notFound('message');
    await this.own(row.conversationId, 'message');
    return { ...toMessage(row), conversationId: row.conversationId };
  }

  private async own(id: string, kind = 'conversation'): Promise<ConversationRow> {
    const { tenantId, actor } = current();
    const row = await this.db.repo(ConversationRow).findOneBy({ tenantId, id, ownerId: actor.id });
    if (!row) throw notFound(kind);
    return row;
  }

  private async assertAppended(conversationId: string, messageId: string): Promise<void> {
    await this.own(conversationId);
    const known = await this.db.repo(MessageRow).existsBy({ tenantId: current().tenantId, conversationId, id: messageId });
    if (!known) {
      const text = 'A message with this id stands in another conversation, so nothing was saved. Use a new id.';
      throw new AppError('conflict', 'memory.message-id-taken', text);
    }
  }
}

function titleFrom(text: string): string {
  const line = text.trim().split('\n', 1)[0]!;
  return line.length <= TITLE_CHARS ? line : `${line.slice(0, TITLE_CHARS - 1).replace(/\s+\S*$/u, '')}…`;
}

function toConversation(row: ConversationRow): Conversation {
  const { id, agentId, title, createdAt, updatedAt } = row;
  return { id, agentId, title, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

function toMessage(row: MessageRow): Message {
  const { id, role, text, status, citations, runId, createdAt } = row;
  return { id, role, text, status, citations, runId, createdAt: createdAt.toISOString() };
}
