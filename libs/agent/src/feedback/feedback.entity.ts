import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'agent', name: 'feedback' })
export class FeedbackRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') messageId: string;
  @PrimaryColumn('uuid') userId: string;
  @Column('uuid', { nullable: true }) runId: string | null;
  @Column('uuid') conversationId: string;
  @Column('text') rating: 'up' | 'down';
  @Column('text', { nullable: true }) comment: string | null;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz') updatedAt: Date;
}
