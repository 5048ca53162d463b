import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Citation, MessageRole, MessageStatus } from '../contract.js';

@Entity({ schema: 'memory', name: 'message' })
export class MessageRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') conversationId: string;

  /** 1, 2, 3 … inside its conversation. */
  @Column('int') place: number;
  @Column('text') role: MessageRole;
  @Column('text') text: string;
  @Column('text') status: MessageStatus;
  @Column('jsonb') citations: Citation[];
  @Column('uuid', { nullable: true }) runId: string | null;
  @Column('timestamptz') createdAt: Date;
}
