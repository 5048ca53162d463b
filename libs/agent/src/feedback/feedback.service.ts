import { Injectable } from '@nestjs/common';
import { AppError, current } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db } from '#platform/database';
import { Events } from '#platform/messaging';
import { Memory, type Message } from '#memory';
import { feedbackGiven } from '../events.js';
import { FeedbackRow } from './feedback.entity.js';

export interface Feedback {
  messageId: string;
  rating: 'up' | 'down';
  comment: string | null;
  updatedAt: string;
}

/** What people think of answers: one judgement per person and answer, the last one counts. */
@Injectable()
export class FeedbackService {
  constructor(
    private readonly db: Db,
    private readonly memory: Memory,
    private readonly events: Events,
  ) {}

  async give(messageId: string, rating: 'up' | 'down', comment: string | null): Promise<Feedback> {
    const message = await this.memory.message({ messageId });
    if (message.role !== 'assistant') {
      throw new AppError('unprocessable', 'agent.not-an-answer',
        'This message is a question, and only answers are judged. Send the id of the answer to it.');
    }
    return this.keep(message, rating, comment);
  }

  @Audited('agent.feedback.given', { target: ({ messageId }: Feedback) => messageId, detail: ({ rating }: Feedback) => ({ rating }) })
  async keep({ id: messageId, runId, conversationId }: Message & { conversationId: string }, rating: 'up' | 'down',
    comment: string | null): Promise<Feedback> {
    const { tenantId, actor } = current();
    return this.db.tx(async () => {
      // Its own statement takes the row's lock before it is read: of two at once, the second sees what the first said.
      const made = await this.db.query(
        `insert into agent.feedback (tenant_id, message_id, user_id, run_id, conversation_id, rating, comment) values ($1, $2, $3, $4,
        $5, $6, $7)
         on conflict do nothing returning message_id`,
        [tenantId, messageId, actor.id, runId, conversationId, rating, comment],
      );
      const [before] = await this.db.query<{ rating: 'up' | 'down'; comment: string | null }>(
        'select rating, comment from agent.feedback where tenant_id = $1 and message_id = $2 and user_id = $3 for update',
        [tenantId, messageId, actor.id],
      );
      const isNew = made.length > 0;
      const changed = isNew || before!.rating !== rating || before!.comment !== comment;
      if (changed) {
        await this.db.repo(FeedbackRow).update({ tenantId, messageId, userId: actor.id }, { rating, comment, updatedAt: new Date() });
        await this.events.publish(feedbackGiven,
          { messageId, runId, conversationId, userId: actor.id, rating, previous: isNew ? null : before!.rating,
            commented: comment !== null });
      }
      const row = await this.db.repo(FeedbackRow).findOneByOrFail({ tenantId, messageId, userId: actor.id });
      return { messageId, rating: row.rating, comment: row.comment, updatedAt: row.updatedAt.toISOString() };
    });
  }
}
