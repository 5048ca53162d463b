import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'memory', name: 'conversation' })
export class ConversationRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** The actor (user or key) whose conversation it is; nobody else of the tenant reads it. */
  @Column({ name: 'owner_id', type: 'uuid' })
  ownerId: string;

  @Column({ name: 'agent_id', type: 'uuid', nullable: true })
  agentId: string | null;

  @Column({ type: 'text', nullable: true })
  title: string | null;

  /** Place of the last message: the next one takes the next place, under this row's lock. */
  @Column({ name: 'message_count', type: 'int' })
  messageCount: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
