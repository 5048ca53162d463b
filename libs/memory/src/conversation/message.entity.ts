import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Citation, MessageRole, MessageStatus } from '../contract.js';

@Entity({ schema: 'memory', name: 'message' })
export class MessageRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ name: 'conversation_id', type: 'uuid' })
  conversationId: string;

  /** 1, 2, 3 … inside its conversation. */
  @Column({ type: 'int' })
  place: number;

  @Column({ type: 'text' })
  role: MessageRole;

  @Column({ type: 'text' })
  text: string;

  @Column({ type: 'text' })
  status: MessageStatus;

  @Column({ type: 'jsonb' })
  citations: Citation[];

  @Column({ name: 'run_id', type: 'uuid', nullable: true })
  runId: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
